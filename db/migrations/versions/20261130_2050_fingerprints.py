"""Fingerprints of pictures that were made here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'e93b6a1d07c4'
down_revision = 'a41f7c902e65'
branch_labels = None
depends_on = None

BANDS = ('band_1', 'band_2', 'band_3', 'band_4')


def upgrade() -> None:
    op.create_table(
        'fingerprints',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('made_on', sa.Date(), nullable=False),
        sa.Column('source', sa.String(), nullable=False),
        sa.Column('bits', postgresql.BIT(256), nullable=False),
        *(sa.Column(band, sa.Integer(), nullable=False) for band in BANDS),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_fingerprints')),
    )
    for band in BANDS:
        op.create_index(op.f(f'ix_fingerprints_{band}'), 'fingerprints', [band])


def downgrade() -> None:
    op.drop_table('fingerprints')
