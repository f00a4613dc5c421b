"""Which operation made an image, and from which other image."""

import sqlalchemy as sa
from alembic import op

revision = 'd3cbe90c63ca'
down_revision = 'a7d3c95e1f20'
branch_labels = None
depends_on = None

# table, column that names the image an operation starts from
TABLES = (('generated_images', 'parent_id'), ('generations', 'source_image_id'))
OPERATIONS = ('generate', 'edit', 'inpaint', 'extend', 'enlarge', 'cutout')


def upgrade() -> None:
    for table, source in TABLES:
        operation = sa.Column('operation', sa.String(), server_default='generate', nullable=False)
        op.add_column(table, operation)
        check = op.f(f'ck_{table}_operation')
        op.create_check_constraint(check, table, f'operation in {OPERATIONS}')
        op.add_column(table, sa.Column(source, sa.Uuid(), nullable=True))
        op.create_index(op.f(f'ix_{table}_{source}'), table, [source])
        op.create_foreign_key(
            op.f(f'fk_{table}_{source}_generated_images'),
            table,
            'generated_images',
            [source],
            ['id'],
            ondelete='SET NULL',
        )
    op.add_column('generations', sa.Column('scale', sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column('generations', 'scale')
    for table, source in TABLES:
        op.drop_column(table, source)
        op.drop_column(table, 'operation')
