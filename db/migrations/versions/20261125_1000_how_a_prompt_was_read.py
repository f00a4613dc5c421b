"""How the engine read each prompt, where it follows a vocabulary."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '5b1f0e7d93ac'
down_revision = 'c1f4a6d0e7b2'
branch_labels = None
depends_on = None


def upgrade() -> None:
    reading = sa.Column('reading', postgresql.JSONB(), server_default='{}', nullable=False)
    op.add_column('generations', reading)


def downgrade() -> None:
    op.drop_column('generations', 'reading')
