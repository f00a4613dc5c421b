"""The certificates that pictures are signed with."""

import sqlalchemy as sa
from alembic import op

revision = 'd4a70c19be52'
down_revision = 'b83d1e5f7a20'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'signing_certificates',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('origin', sa.String(), nullable=False),
        sa.Column('serial', sa.String(), nullable=False),
        sa.Column('chain', sa.String(), nullable=False),
        sa.Column('sealed_key', sa.LargeBinary(), nullable=True),
        sa.Column(
            'created_at',
            sa.DateTime(timezone=True),
            server_default=sa.text('now()'),
            nullable=False,
        ),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "origin in ('installation', 'operator')", name=op.f('ck_signing_certificates_origin')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_signing_certificates')),
        sa.UniqueConstraint('serial', name=op.f('uq_signing_certificates_serial')),
    )


def downgrade() -> None:
    op.drop_table('signing_certificates')
