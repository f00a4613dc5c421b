"""How many calls a minute there were, and how many a plan has."""

import sqlalchemy as sa
from alembic import op

revision = 'a71c5e0d93f4'
down_revision = 'f2b7c1a94e63'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'call_counts',
        sa.Column('key', sa.LargeBinary(), nullable=False),
        sa.Column('minute', sa.Integer(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('key', 'minute', name=op.f('pk_call_counts')),
        prefixes=['UNLOGGED'],
    )
    op.create_index('ix_call_counts_minute', 'call_counts', ['minute'])
    for column in ('generations_per_minute', 'reads_per_minute'):
        op.add_column('plans', sa.Column(column, sa.Integer(), nullable=True))
        op.create_check_constraint(op.f(f'ck_plans_{column}'), 'plans', f'{column} > 0')


def downgrade() -> None:
    for column in ('generations_per_minute', 'reads_per_minute'):
        op.drop_column('plans', column)
    op.drop_table('call_counts')
