"""remote jobs."""

import sqlalchemy as sa
from alembic import op

revision = '8ed0ca94e04e'
down_revision = 'd7f849ec618b'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('remote_jobs',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('user_model_id', sa.Uuid(), nullable=True),
    sa.Column('generation_id', sa.Uuid(), nullable=True),
    sa.Column('job_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(), server_default='queued', nullable=False),
    sa.Column('attempt', sa.Integer(), server_default='0', nullable=False),
    sa.Column('misses', sa.Integer(), server_default='0', nullable=False),
    sa.Column('engine', sa.String(), nullable=False),
    sa.Column('first', sa.Integer(), server_default='0', nullable=False),
    sa.Column('units', sa.Integer(), server_default='1', nullable=False),
    sa.Column('credits', sa.Integer(), server_default='0', nullable=False),
    sa.Column('remote_id', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('submitting_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('running_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind in ('training', 'generation')", name=op.f('ck_remote_jobs_kind')),
    sa.CheckConstraint("state in ('queued', 'submitting', 'submitted', 'running', 'fetching', 'unknown', 'succeeded', 'failed', 'canceled', 'expired')", name=op.f('ck_remote_jobs_state')),
    sa.CheckConstraint('num_nonnulls(user_model_id, generation_id) = 1', name=op.f('ck_remote_jobs_one_target')),
    sa.ForeignKeyConstraint(['generation_id'], ['generations.id'], name=op.f('fk_remote_jobs_generation_id_generations'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_remote_jobs_user_id_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_model_id'], ['user_models.id'], name=op.f('fk_remote_jobs_user_model_id_user_models'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_remote_jobs'))
    )
    op.create_index(op.f('ix_remote_jobs_generation_id'), 'remote_jobs', ['generation_id'], unique=False)
    op.create_index('ix_remote_jobs_state_deadline_at', 'remote_jobs', ['state', 'deadline_at'], unique=False)
    op.create_index(op.f('ix_remote_jobs_user_id'), 'remote_jobs', ['user_id'], unique=False)
    op.create_index(op.f('ix_remote_jobs_user_model_id'), 'remote_jobs', ['user_model_id'], unique=False)
    op.create_index('uq_remote_jobs_open_training', 'remote_jobs', ['user_model_id'], unique=True, postgresql_where=sa.text("state in ('queued', 'submitting', 'submitted', 'running', 'fetching', 'unknown')"))


def downgrade() -> None:
    op.drop_index('uq_remote_jobs_open_training', table_name='remote_jobs', postgresql_where=sa.text("state in ('queued', 'submitting', 'submitted', 'running', 'fetching', 'unknown')"))
    op.drop_index(op.f('ix_remote_jobs_user_model_id'), table_name='remote_jobs')
    op.drop_index(op.f('ix_remote_jobs_user_id'), table_name='remote_jobs')
    op.drop_index('ix_remote_jobs_state_deadline_at', table_name='remote_jobs')
    op.drop_index(op.f('ix_remote_jobs_generation_id'), table_name='remote_jobs')
    op.drop_table('remote_jobs')
