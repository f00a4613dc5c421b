"""Versions of a model's LoRA; what is in use becomes the first."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = 'b63e0f91c7d4'
down_revision = 'b6f02d9c4e17'
branch_labels = None
depends_on = None

NOW = sa.text('now()')
BACKFILL = """
insert into lora_versions (id, user_model_id, number, key, photos, engine, base_model, recipe,
                           metrics, likeness, created_at)
select gen_random_uuid(), m.id, 1, m.lora_key,
       (select count(*) from training_images i where i.user_model_id = m.id),
       m.engine, m.base_model, m.recipe, m.metrics, m.likeness, coalesce(m.finished_at, now())
from user_models m where m.lora_key is not null
"""


def upgrade() -> None:
    op.create_table(
        'lora_versions',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('user_model_id', sa.Uuid(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('photos', sa.Integer(), nullable=False),
        sa.Column('engine', sa.String(), nullable=True),
        sa.Column('base_model', sa.String(), nullable=True),
        sa.Column(
            'recipe',
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{}',
            nullable=False,
        ),
        sa.Column(
            'metrics',
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='[]',
            nullable=False,
        ),
        sa.Column('likeness', sa.Float(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ['user_model_id'],
            ['user_models.id'],
            name=op.f('fk_lora_versions_user_model_id_user_models'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_lora_versions')),
        sa.UniqueConstraint(
            'user_model_id', 'number', name=op.f('uq_lora_versions_user_model_id_number')
        ),
    )
    op.execute(BACKFILL)


def downgrade() -> None:
    op.drop_table('lora_versions')
