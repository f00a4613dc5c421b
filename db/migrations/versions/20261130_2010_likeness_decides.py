"""Photos that are left out, images that are given back, and the words of a likeness."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'a7d3c95e1f20'
down_revision = 'a71c5e0d93f4'
branch_labels = None
depends_on = None

POSITIONS = postgresql.ARRAY(sa.SmallInteger())
WORDS = ('not_her', 'recognisable', 'close')


def upgrade() -> None:
    op.add_column('training_images', sa.Column('included', sa.Boolean(), nullable=True))
    op.add_column('generated_images', sa.Column('likeness_word', sa.String(), nullable=True))
    op.add_column('generated_images', sa.Column('face_box', postgresql.JSONB(), nullable=True))
    op.add_column(
        'generated_images',
        sa.Column('charged', sa.Boolean(), server_default='true', nullable=False),
    )
    op.create_check_constraint(
        op.f('ck_generated_images_likeness_word'), 'generated_images', f'likeness_word in {WORDS}'
    )
    op.add_column(
        'remote_jobs', sa.Column('below', POSITIONS, server_default='{}', nullable=False)
    )
    op.add_column(
        'remote_jobs', sa.Column('again', sa.Boolean(), server_default='false', nullable=False)
    )


def downgrade() -> None:
    op.drop_column('remote_jobs', 'again')
    op.drop_column('remote_jobs', 'below')
    for name in ('charged', 'face_box', 'likeness_word'):
        op.drop_column('generated_images', name)
    op.drop_column('training_images', 'included')
