"""order finished jobs by state."""

import sqlalchemy as sa
from alembic import op

revision = '26b752592020'
down_revision = '8ed0ca94e04e'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f('ix_job_queue_finished'), table_name='job_queue', postgresql_where='(finished_at IS NOT NULL)')
    op.create_index('ix_job_queue_finished', 'job_queue', ['state', 'kind', 'finished_at'], unique=False, postgresql_where=sa.text('finished_at is not null'))


def downgrade() -> None:
    op.drop_index('ix_job_queue_finished', table_name='job_queue', postgresql_where=sa.text('finished_at is not null'))
    op.create_index(op.f('ix_job_queue_finished'), 'job_queue', ['kind', 'state', 'finished_at'], unique=False, postgresql_where='(finished_at IS NOT NULL)')
