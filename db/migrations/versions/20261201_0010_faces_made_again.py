"""Pictures whose face was made again."""

from alembic import op

revision = '81f3a9d0c25e'
down_revision = 'd7c14be0a953'
branch_labels = None
depends_on = None

TABLES = ('generated_images', 'generations')
BEFORE = ('generate', 'edit', 'inpaint', 'extend', 'enlarge', 'cutout')


def upgrade() -> None:
    _allow((*BEFORE, 'face'))


def downgrade() -> None:
    op.execute("update generated_images set operation = 'inpaint' where operation = 'face'")
    op.execute("update generations set operation = 'inpaint' where operation = 'face'")
    _allow(BEFORE)


def _allow(operations: tuple[str, ...]) -> None:
    for table in TABLES:
        name = op.f(f'ck_{table}_operation')
        op.drop_constraint(name, table, type_='check')
        op.create_check_constraint(name, table, f'operation in {operations}')
