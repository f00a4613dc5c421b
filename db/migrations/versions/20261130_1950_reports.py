"""Figures that take long to compute, kept; and the ledger by its time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0c9d2e64b8a1'
down_revision = 'a91c4e07d3b8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'reports',
        sa.Column('name', sa.String(), nullable=False),
        sa.Column(
            'made_at',
            sa.DateTime(timezone=True),
            server_default=sa.text('now()'),
            nullable=False,
        ),
        sa.Column('value', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_reports')),
    )
    op.create_index(
        'ix_credit_entries_created_at',
        'credit_entries',
        ['created_at'],
        postgresql_using='brin',
    )


def downgrade() -> None:
    op.drop_index('ix_credit_entries_created_at', 'credit_entries')
    op.drop_table('reports')
