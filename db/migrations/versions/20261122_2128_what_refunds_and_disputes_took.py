"""What refunds and disputes took, one by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = 'a713515eef20'
down_revision = 'be13bf8aadcd'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('invoices', sa.Column('reversals', postgresql.JSONB(), server_default='{}', nullable=False))
    op.execute("update invoices set reversals = jsonb_build_object('before', amount_reversed) where amount_reversed > 0")


def downgrade() -> None:
    op.drop_column('invoices', 'reversals')
