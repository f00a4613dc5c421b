"""Who made each picture, and how; Together AI is one engine, whatever it is used for."""

import sqlalchemy as sa
from alembic import op

revision = 'a41f7c902e65'
down_revision = '0c9d2e64b8a1'
branch_labels = None
depends_on = None

FORMER, PRESENT = 'together-instant', 'together'


def upgrade() -> None:
    op.add_column(
        'generations', sa.Column('method', sa.String(), server_default='trained', nullable=False)
    )
    op.create_check_constraint(
        op.f('ck_generations_method'),
        'generations',
        "method in ('instant', 'trained', 'preview')",
    )
    op.add_column('generated_images', sa.Column('engine', sa.String(), nullable=True))
    op.add_column('generated_images', sa.Column('method', sa.String(), nullable=True))
    op.create_check_constraint(
        op.f('ck_generated_images_method'),
        'generated_images',
        "method in ('instant', 'trained', 'preview')",
    )
    op.execute("update generations set method = 'preview' where engine = 'preview'")
    op.execute(f"update generations set method = 'instant' where engine = '{FORMER}'")
    _rename(FORMER, PRESENT)
    op.execute(
        'update generated_images image set engine = made.engine, method = made.method'
        ' from generations made where made.id = image.generation_id'
    )


def downgrade() -> None:
    op.drop_constraint(op.f('ck_generated_images_method'), 'generated_images', type_='check')
    op.drop_column('generated_images', 'method')
    op.drop_column('generated_images', 'engine')
    op.drop_constraint(op.f('ck_generations_method'), 'generations', type_='check')
    op.drop_column('generations', 'method')


def _rename(former: str, present: str) -> None:
    for table in ('generations', 'remote_jobs', 'user_models'):
        op.execute(f"update {table} set engine = '{present}' where engine = '{former}'")
    op.execute(
        f"update job_queue set needs = 'engine:{present}' where needs = 'engine:{former}'"
        " and state in ('waiting', 'queued', 'leased')"
    )
