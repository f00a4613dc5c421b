"""Members whose steps to a first picture and to a plan are told to the operator's analytics."""

import sqlalchemy as sa
from alembic import op

revision = 'c3e90a57b1d8'
down_revision = 'd3cbe90c63ca'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'funnel_members',
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('random_id', sa.Uuid(), nullable=False),
        sa.Column('steps', sa.ARRAY(sa.String()), server_default='{}', nullable=False),
        sa.Column(
            'created_at',
            sa.DateTime(timezone=True),
            server_default=sa.text('now()'),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ['user_id'],
            ['users.id'],
            name=op.f('fk_funnel_members_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_funnel_members')),
        sa.UniqueConstraint('random_id', name=op.f('uq_funnel_members_random_id')),
    )


def downgrade() -> None:
    op.drop_table('funnel_members')
