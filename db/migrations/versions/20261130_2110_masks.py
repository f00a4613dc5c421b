"""What was painted of a picture that is changed in part."""

import sqlalchemy as sa
from alembic import op

revision = 'c90d7be41f58'
down_revision = 'e93b6a1d07c4'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('generations', sa.Column('mask', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column('generations', 'mask')
