"""what an upload carried."""

import sqlalchemy as sa
from alembic import op

revision = '2466a3da3319'
down_revision = '5b1f0e7d93ac'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('idempotency_keys', sa.Column('content_hash', sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column('idempotency_keys', 'content_hash')
