"""What each run has made, whether or not its images are still there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = 'c1f4a6d0e7b2'
down_revision = 'a713515eef20'
branch_labels = None
depends_on = None

FROM_IMAGES = """
    update remote_jobs run set made = image.positions
    from (
        select run.id, array_agg(image.position::smallint order by image.position) as positions
        from remote_jobs run
        join generated_images image on image.generation_id = run.generation_id
            and image.position >= run.first and image.position < run.first + run.units
        group by run.id
    ) image
    where run.id = image.id"""


def upgrade() -> None:
    positions = postgresql.ARRAY(sa.SmallInteger())
    op.add_column('remote_jobs', sa.Column('made', positions, server_default='{}', nullable=False))
    op.execute(FROM_IMAGES)


def downgrade() -> None:
    op.drop_column('remote_jobs', 'made')
