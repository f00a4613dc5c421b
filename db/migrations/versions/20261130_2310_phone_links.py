"""Ways for a phone to add photos to a user model."""

import sqlalchemy as sa
from alembic import op

revision = 'd2c87a41f0e6'
down_revision = 'd27c5e90b1a4'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'phone_links',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=False),
        sa.Column('session_id', sa.Uuid(), nullable=False),
        sa.Column('user_model_id', sa.Uuid(), nullable=False),
        sa.Column('token_hash', sa.LargeBinary(), nullable=False),
        sa.Column('device_hash', sa.LargeBinary(), nullable=True),
        sa.Column(
            'created_at',
            sa.DateTime(timezone=True),
            server_default=sa.text('now()'),
            nullable=False,
        ),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['user_id'],
            ['users.id'],
            name=op.f('fk_phone_links_user_id_users'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['session_id'],
            ['sessions.id'],
            name=op.f('fk_phone_links_session_id_sessions'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['user_model_id'],
            ['user_models.id'],
            name=op.f('fk_phone_links_user_model_id_user_models'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_links')),
        sa.UniqueConstraint('device_hash', name=op.f('uq_phone_links_device_hash')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_phone_links_token_hash')),
        sa.UniqueConstraint('user_model_id', name=op.f('uq_phone_links_user_model_id')),
    )
    op.create_index(op.f('ix_phone_links_expires_at'), 'phone_links', ['expires_at'])
    op.create_index(op.f('ix_phone_links_session_id'), 'phone_links', ['session_id'])
    op.create_index(op.f('ix_phone_links_user_id'), 'phone_links', ['user_id'])


def downgrade() -> None:
    op.drop_table('phone_links')
