"""Captions of training photos."""

import sqlalchemy as sa
from alembic import op

revision = 'a91c4e07d3b8'
down_revision = 'c3e90a57b1d8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('training_images', sa.Column('caption', sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column('training_images', 'caption')
