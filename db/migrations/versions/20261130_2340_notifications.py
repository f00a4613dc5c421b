"""How members are told that something is ready."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = 'e81b5c07d3a9'
down_revision = '5d20c8f7a61b'
branch_labels = None
depends_on = None


def _created_at() -> sa.Column[Any]:
    return sa.Column(
        'created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        'push_keys',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('public_key', sa.String(), nullable=False),
        sa.Column('sealed_key', sa.LargeBinary(), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_push_keys')),
    )
    op.create_table(
        'push_subscriptions',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('session_id', sa.Uuid(), nullable=False),
        sa.Column('endpoint', sa.String(), nullable=False),
        sa.Column('public_key', sa.String(), nullable=False),
        sa.Column('auth_secret', sa.String(), nullable=False),
        _created_at(),
        sa.ForeignKeyConstraint(
            ['user_id'],
            ['users.id'],
            name=op.f('fk_push_subscriptions_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['session_id'],
            ['sessions.id'],
            name=op.f('fk_push_subscriptions_session_id_sessions'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_push_subscriptions')),
        sa.UniqueConstraint('endpoint', name=op.f('uq_push_subscriptions_endpoint')),
        sa.UniqueConstraint('session_id', name=op.f('uq_push_subscriptions_session_id')),
    )
    op.create_index(op.f('ix_push_subscriptions_user_id'), 'push_subscriptions', ['user_id'])
    op.create_table(
        'notification_choices',
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('trainings', sa.Boolean(), nullable=False),
        sa.Column('pictures', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'],
            ['users.id'],
            name=op.f('fk_notification_choices_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_notification_choices')),
    )


def downgrade() -> None:
    for table in ('notification_choices', 'push_subscriptions', 'push_keys'):
        op.drop_table(table)
