"""What trainings and generations took, and what an image cost."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'f2b7c1a94e63'
down_revision = 'e5b81d20ac67'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('remote_jobs', sa.Column('image_cost_usd', sa.Float(), nullable=True))
    op.create_table(
        'work_measures',
        sa.Column('id', sa.BigInteger(), nullable=False),
        sa.Column(
            'day',
            sa.Date(),
            server_default=sa.text("(now() at time zone 'utc')::date"),
            nullable=False,
        ),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ('engine', 'method', 'operation', 'plan', 'style', 'status')
        ),
        sa.Column('reason', sa.String(), nullable=True),
        *(sa.Column(name, sa.Float(), nullable=True) for name in ('wait', 'run', 'total')),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ('units', 'made', 'charged', 'given_back')
        ),
        sa.Column('cost_usd', sa.Float(), nullable=True),
        sa.Column('likeness', postgresql.ARRAY(sa.Float()), server_default='{}', nullable=False),
        sa.Column('counted', sa.Boolean(), server_default='false', nullable=False),
        sa.CheckConstraint(
            "status in ('succeeded', 'failed', 'canceled')", name=op.f('ck_work_measures_status')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_work_measures')),
    )
    op.create_index('ix_work_measures_day', 'work_measures', ['day'])
    op.create_index(
        'ix_work_measures_uncounted',
        'work_measures',
        ['id'],
        postgresql_where=sa.text('not counted'),
    )
    op.create_table(
        'measure_totals',
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ('name', 'engine', 'method', 'operation', 'detail')
        ),
        sa.Column('bucket', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('count', sa.BigInteger(), nullable=False),
        sa.Column('total', sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint(
            'name',
            'engine',
            'method',
            'operation',
            'detail',
            'bucket',
            name=op.f('pk_measure_totals'),
        ),
    )


def downgrade() -> None:
    op.drop_table('measure_totals')
    op.drop_table('work_measures')
    op.drop_column('remote_jobs', 'image_cost_usd')
