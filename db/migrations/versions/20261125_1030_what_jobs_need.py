"""What jobs need that only some processes have, and which processes there are."""

import sqlalchemy as sa
from alembic import op
revision = 'd7e35b90a1c4'
down_revision = 'd7a3c5b91e04'
branch_labels = None
depends_on = None

OPEN = "state in ('waiting', 'queued', 'leased')"
NEEDS = {
    'payments': ('stripe_event', 'end_subscription'),
    'mail': ('password_reset_mail', 'account_mail', 'invitation_mail'),
}


def upgrade() -> None:
    op.add_column('job_queue', sa.Column('needs', sa.String(), nullable=True))
    op.create_table(
        'job_offers',
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_job_offers')),
    )
    for needs, kinds in NEEDS.items():
        op.execute(f"update job_queue set needs = '{needs}' where kind in {kinds} and {OPEN}")
    op.execute(f"""
        update job_queue set needs = 'engine:' || run.engine
        from remote_jobs run where run.job_id = job_queue.id and job_queue.{OPEN}""")
    # a process without payments fired it in vain; those with them fire it again
    op.execute(f"delete from job_queue where kind = 'billing.backfill' and {OPEN}")


def downgrade() -> None:
    op.drop_table('job_offers')
    op.drop_column('job_queue', 'needs')
