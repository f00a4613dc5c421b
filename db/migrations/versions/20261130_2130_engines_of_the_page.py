"""Engines that an administrator connects in the page, with their keys encrypted."""

import sqlalchemy as sa
from alembic import op

revision = 'b6f02d9c4e17'
down_revision = 'f1a86d2c93be'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'engine_settings',
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column(
            'updated_at',
            sa.DateTime(timezone=True),
            server_default=sa.text('now()'),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_engine_settings')),
    )


def downgrade() -> None:
    op.drop_table('engine_settings')
