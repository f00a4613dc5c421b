"""A second person in a picture."""

import sqlalchemy as sa
from alembic import op

revision = '5d20c8f7a61b'
down_revision = 'd2c87a41f0e6'
branch_labels = None
depends_on = None

SECOND = 'second_model_id'
TABLES = ('generations', 'generated_images')


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column(SECOND, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f'fk_{table}_{SECOND}_user_models'),
            table,
            'user_models',
            [SECOND],
            ['id'],
            ondelete='SET NULL',
        )
        op.create_index(
            f'ix_{table}_{SECOND}',
            table,
            [SECOND],
            postgresql_where=sa.text(f'{SECOND} is not null'),
        )
    op.add_column('generated_images', sa.Column('second_likeness', sa.Float(), nullable=True))
    op.add_column(
        'generations', sa.Column('people', sa.Integer(), server_default='1', nullable=False)
    )
    op.create_check_constraint('people', 'generations', 'people between 1 and 2')


def downgrade() -> None:
    op.drop_column('generations', 'people')
    op.drop_column('generated_images', 'second_likeness')
    for table in TABLES:
        op.drop_column(table, SECOND)
