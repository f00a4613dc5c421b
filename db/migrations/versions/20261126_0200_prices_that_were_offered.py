"""What each price was offered for, and at which price each visit to a payment page began."""

import sqlalchemy as sa
from alembic import op
revision = 'e2c84f6b71d9'
down_revision = 'c5e1d80b7f42'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('checkouts', sa.Column('price_id', sa.String(), nullable=True))
    op.add_column('checkouts', sa.Column('credits', sa.Integer(), nullable=True))
    op.create_table(
        'plan_prices',
        sa.Column('price_id', sa.String(), nullable=False),
        sa.Column('plan', sa.String(), nullable=False),
        sa.PrimaryKeyConstraint('price_id', name=op.f('pk_plan_prices')),
    )
    op.execute("""
        insert into plan_prices (price_id, plan)
        select distinct on (price_id) price_id, plan from (
            select stripe_price_id as price_id, name as plan, now() as at from plans
            where stripe_price_id is not null
            union all select price_id, plan, fetched_at from subscriptions where plan is not null
        ) known order by price_id, at desc""")


def downgrade() -> None:
    op.drop_table('plan_prices')
    op.drop_column('checkouts', 'credits')
    op.drop_column('checkouts', 'price_id')
