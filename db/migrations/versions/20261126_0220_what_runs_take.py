"""What runs take: the engine's own estimate, and an index for those that are measured."""

import sqlalchemy as sa
from alembic import op

revision = 'b83d1e5f7a20'
down_revision = 'f4b17d2ac963'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('remote_jobs', sa.Column('seconds_left', sa.Double(), nullable=True))
    op.create_index(
        'ix_remote_jobs_measured',
        'remote_jobs',
        ['engine', 'kind', 'finished_at'],
        postgresql_where=sa.text("state = 'succeeded' and attempt = 1 and running_at is not null"),
    )


def downgrade() -> None:
    op.drop_index('ix_remote_jobs_measured', table_name='remote_jobs')
    op.drop_column('remote_jobs', 'seconds_left')
