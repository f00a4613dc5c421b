"""Which pictures were made before marks existed."""

import sqlalchemy as sa
from alembic import op

revision = 'f1a86d2c93be'
down_revision = 'c90d7be41f58'
branch_labels = None
depends_on = None

INDEX = 'ix_generated_images_unmarked'


def upgrade() -> None:
    op.add_column(
        'generated_images', sa.Column('marked_at', sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        INDEX, 'generated_images', ['id'], postgresql_where=sa.text('marked_at is null')
    )


def downgrade() -> None:
    op.drop_index(INDEX, 'generated_images')
    op.drop_column('generated_images', 'marked_at')
