"""Sheets of user models: the person in every style."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'e5b81d20ac67'
down_revision = 'd4a70c19be52'
branch_labels = None
depends_on = None

NOW = sa.text('now()')


def upgrade() -> None:
    op.create_table(
        'model_sheets',
        sa.Column('user_model_id', sa.Uuid(), nullable=False),
        sa.Column('edition', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(), nullable=False),
        sa.Column('photos', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column('folder', sa.String(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "status in ('making', 'made', 'failed')", name=op.f('ck_model_sheets_status')
        ),
        sa.ForeignKeyConstraint(
            ['user_model_id'],
            ['user_models.id'],
            name=op.f('fk_model_sheets_user_model_id_user_models'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_model_id', name=op.f('pk_model_sheets')),
    )
    op.create_table(
        'sheet_pictures',
        sa.Column('user_model_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('preset', sa.String(), nullable=False),
        sa.Column('prompt', sa.String(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('thumbhash', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ['user_model_id'],
            ['model_sheets.user_model_id'],
            name=op.f('fk_sheet_pictures_user_model_id_model_sheets'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('user_model_id', 'position', name=op.f('pk_sheet_pictures')),
    )


def downgrade() -> None:
    op.drop_table('sheet_pictures')
    op.drop_table('model_sheets')
