"""What deleted accounts had of the free credits; and no addresses in the queue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = 'f4b17d2ac963'
down_revision = 'e2c84f6b71d9'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'past_members',
        sa.Column('address_hash', sa.LargeBinary(), nullable=False),
        sa.Column('user_id', sa.Uuid(), nullable=True),
        sa.Column('plans', postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column('left', sa.Integer(), nullable=False),
        sa.Column('renews_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_past_members_user_id_users'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('address_hash', name=op.f('pk_past_members')),
    )
    op.create_index(op.f('ix_past_members_user_id'), 'past_members', ['user_id'], unique=False)
    op.execute("""
        update job_queue set payload = jsonb_build_object('user_id', (
            select id from users where lower(email) = lower(job_queue.payload ->> 'email')))
        where kind = 'password_reset_mail' and payload ? 'email'""")


def downgrade() -> None:
    op.drop_index(op.f('ix_past_members_user_id'), table_name='past_members')
    op.drop_table('past_members')
