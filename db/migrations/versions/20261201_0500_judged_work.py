"""What the operator's own network says of work."""

import sqlalchemy as sa
from alembic import op

revision = '4c6e0d9a71b8'
down_revision = '81f3a9d0c25e'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        'work_measures',
        sa.Column('judged', sa.ARRAY(sa.Float()), server_default='{}', nullable=False),
    )


def downgrade() -> None:
    op.drop_column('work_measures', 'judged')
