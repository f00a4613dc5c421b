"""GPU workers that ask for work: their keys, and the work they take."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'd27c5e90b1a4'
down_revision = 'b63e0f91c7d4'
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
OPEN = sa.text("state in ('queued', 'leased')")
STATES = "state in ('queued', 'leased', 'done', 'failed', 'canceled')"


def upgrade() -> None:
    op.create_table(
        'worker_keys',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('prefix', sa.String(), nullable=False),
        sa.Column('key_hash', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', WHEN, server_default=sa.text('now()'), nullable=False),
        sa.Column('revoked_at', WHEN),
        sa.Column('seen_at', WHEN),
        sa.Column('present', sa.Boolean(), server_default='false', nullable=False),
        sa.Column('about', postgresql.JSONB(), server_default='{}', nullable=False),
        sa.Column('offers', postgresql.ARRAY(sa.TEXT()), server_default='{}', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_keys')),
        sa.UniqueConstraint('key_hash', name=op.f('uq_worker_keys_key_hash')),
    )
    op.create_table(
        'worker_jobs',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('needs', postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column('signed_payload', postgresql.JSONB()),
        sa.Column('digest', sa.String(), nullable=False),
        sa.Column('state', sa.String(), server_default='queued', nullable=False),
        sa.Column('worker_id', sa.Uuid()),
        sa.Column('token', sa.BigInteger(), server_default='0', nullable=False),
        sa.Column('lease_until', WHEN),
        sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
        sa.Column('progress', postgresql.JSONB(), server_default='{}', nullable=False),
        sa.Column('result', postgresql.JSONB()),
        sa.Column('reason', sa.String()),
        sa.Column('created_at', WHEN, server_default=sa.text('now()'), nullable=False),
        sa.Column('finished_at', WHEN),
        sa.CheckConstraint(STATES, name=op.f('ck_worker_jobs_state')),
        sa.CheckConstraint("kind in ('train', 'generate')", name=op.f('ck_worker_jobs_kind')),
        sa.CheckConstraint(
            "(state = 'leased') = (lease_until is not null)", name=op.f('ck_worker_jobs_lease')
        ),
        sa.ForeignKeyConstraint(
            ['id'],
            ['remote_jobs.id'],
            name=op.f('fk_worker_jobs_id_remote_jobs'),
            ondelete='CASCADE',
        ),
        sa.ForeignKeyConstraint(
            ['worker_id'],
            ['worker_keys.id'],
            name=op.f('fk_worker_jobs_worker_id_worker_keys'),
            ondelete='SET NULL',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_worker_jobs')),
    )
    op.create_index(
        'ix_worker_jobs_line', 'worker_jobs', ['kind', 'created_at'], postgresql_where=OPEN
    )
    op.create_index(op.f('ix_worker_jobs_worker_id'), 'worker_jobs', ['worker_id'])


def downgrade() -> None:
    op.drop_table('worker_jobs')
    op.drop_table('worker_keys')
