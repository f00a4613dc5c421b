"""jobs and credits."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = 'd7f849ec618b'
down_revision = '292386635d3b'
branch_labels = None
depends_on = None


IMMUTABLE = """
create function credit_entries_immutable() returns trigger language plpgsql as $$
begin
    -- A member who is erased takes the entries along: by then the row in users is gone.
    if tg_op = 'DELETE' and not exists (select from users where id = old.user_id) then
        return old;
    end if;
    raise exception 'credit entries are immutable: write a new one';
end $$;
create trigger credit_entries_immutable before update or delete on credit_entries
    for each row execute function credit_entries_immutable();
"""

PLANS = (
    # name, title, cents a month, credits once, monthly, unlimited, model slots
    ("free", "Free", 0, 3, 0, False, 1),
    ("creator", "Creator", 2000, 0, 200, False, 3),
    ("pro", "Pro", 4000, 0, 500, False, 10),
    ("enterprise", "Enterprise", 9900, 0, 0, True, None),
    ("unlimited", "Unlimited", 0, 0, 0, True, None),
)


def upgrade() -> None:
    op.execute("create sequence job_turn")
    op.create_table('job_ticks',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_job_ticks'))
    )
    plans = op.create_table('plans',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('hidden', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('price_cents', sa.Integer(), server_default='0', nullable=False),
    sa.Column('credits_once', sa.Integer(), server_default='0', nullable=False),
    sa.Column('credits_monthly', sa.Integer(), server_default='0', nullable=False),
    sa.Column('unlimited', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('fair_use_monthly', sa.Integer(), nullable=True),
    sa.Column('model_slots', sa.Integer(), nullable=True),
    sa.Column('training_credits', sa.Integer(), server_default='0', nullable=False),
    sa.Column('stripe_price_id', sa.String(), nullable=True),
    sa.Column('is_default', sa.Boolean(), server_default='false', nullable=False),
    sa.CheckConstraint('credits_once >= 0 and credits_monthly >= 0', name=op.f('ck_plans_credits')),
    sa.CheckConstraint('fair_use_monthly >= 0', name=op.f('ck_plans_fair_use_monthly')),
    sa.CheckConstraint('model_slots >= 0', name=op.f('ck_plans_model_slots')),
    sa.CheckConstraint('price_cents >= 0', name=op.f('ck_plans_price_cents')),
    sa.CheckConstraint('training_credits >= 0', name=op.f('ck_plans_training_credits')),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_plans')),
    sa.UniqueConstraint('stripe_price_id', name=op.f('uq_plans_stripe_price_id'))
    )
    op.create_index('uq_plans_default', 'plans', ['is_default'], unique=True, postgresql_where=sa.text('is_default'))
    op.create_table('credit_accounts',
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('available', sa.Integer(), server_default='0', nullable=False),
    sa.Column('held', sa.Integer(), server_default='0', nullable=False),
    sa.Column('owed', sa.Integer(), server_default='0', nullable=False),
    sa.Column('renews_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('available >= 0', name=op.f('ck_credit_accounts_available')),
    sa.CheckConstraint('held >= 0', name=op.f('ck_credit_accounts_held')),
    sa.CheckConstraint('owed >= 0', name=op.f('ck_credit_accounts_owed')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_credit_accounts_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_credit_accounts'))
    )
    op.create_index(op.f('ix_credit_accounts_renews_at'), 'credit_accounts', ['renews_at'], unique=False)
    op.create_table('credit_entries',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('target', sa.String(), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('available_after', sa.Integer(), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind in ('grant', 'reserve', 'capture', 'release', 'debit', 'debt', 'repay')", name=op.f('ck_credit_entries_kind')),
    sa.CheckConstraint("source in ('issued', 'included', 'available', 'held', 'spent', 'withdrawn', 'owed') and target in ('issued', 'included', 'available', 'held', 'spent', 'withdrawn', 'owed')", name=op.f('ck_credit_entries_accounts')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_credit_entries_amount')),
    sa.CheckConstraint('source <> target', name=op.f('ck_credit_entries_sides')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_credit_entries_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_credit_entries'))
    )
    op.create_index('ix_credit_entries_user_id_id', 'credit_entries', ['user_id', 'id'], unique=False)
    op.create_index('uq_credit_entries_kind_reference', 'credit_entries', ['kind', 'reference'], unique=True)
    op.create_table('credit_holds',
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('captured', sa.Integer(), server_default='0', nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("source in ('available', 'included')", name=op.f('ck_credit_holds_source')),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_credit_holds_amount')),
    sa.CheckConstraint('captured between 0 and amount', name=op.f('ck_credit_holds_captured')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_credit_holds_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('reference', name=op.f('pk_credit_holds'))
    )
    op.create_index('ix_credit_holds_open', 'credit_holds', ['user_id'], unique=False, postgresql_where=sa.text('closed_at is null'))
    op.create_index(op.f('ix_credit_holds_user_id'), 'credit_holds', ['user_id'], unique=False)
    op.create_table('job_queue',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), server_default='{}', nullable=False),
    sa.Column('user_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('priority', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('flow', sa.String(), nullable=False),
    sa.Column('turn', sa.BigInteger(), nullable=True),
    sa.Column('run_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('lease_token', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('lease_owner', sa.String(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('dedupe_key', sa.String(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'leased') = (lease_until is not null)", name=op.f('ck_job_queue_lease')),
    sa.CheckConstraint("state in ('waiting', 'queued', 'leased', 'done', 'failed', 'canceled', 'dead')", name=op.f('ck_job_queue_state')),
    sa.CheckConstraint('priority between -1 and 1', name=op.f('ck_job_queue_priority')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_job_queue_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_queue'))
    )
    op.create_index('ix_job_queue_due', 'job_queue', ['run_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_job_queue_finished', 'job_queue', ['kind', 'state', 'finished_at'], unique=False, postgresql_where=sa.text('finished_at is not null'))
    op.create_index('ix_job_queue_flow', 'job_queue', ['flow', 'turn'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index('ix_job_queue_leases', 'job_queue', ['lease_until'], unique=False, postgresql_where=sa.text("state = 'leased'"))
    op.create_index('ix_job_queue_line', 'job_queue', ['turn', 'run_at'], unique=False, postgresql_where=sa.text("state = 'queued'"))
    op.create_index(op.f('ix_job_queue_user_id'), 'job_queue', ['user_id'], unique=False)
    op.create_index('uq_job_queue_dedupe', 'job_queue', ['kind', 'dedupe_key'], unique=True, postgresql_where=sa.text("state in ('waiting', 'queued', 'leased') and dedupe_key is not null"))
    op.execute(IMMUTABLE)
    columns = ("name", "title", "price_cents", "credits_once", "credits_monthly", "unlimited", "model_slots")
    op.bulk_insert(plans, [
        dict(zip(columns, plan), position=i, hidden=plan[0] == "unlimited", is_default=plan[0] == "unlimited")
        for i, plan in enumerate(PLANS)
    ])


def downgrade() -> None:
    op.drop_index('uq_job_queue_dedupe', table_name='job_queue', postgresql_where=sa.text("state in ('waiting', 'queued', 'leased') and dedupe_key is not null"))
    op.drop_index(op.f('ix_job_queue_user_id'), table_name='job_queue')
    op.drop_index('ix_job_queue_line', table_name='job_queue', postgresql_where=sa.text("state = 'queued'"))
    op.drop_index('ix_job_queue_leases', table_name='job_queue', postgresql_where=sa.text("state = 'leased'"))
    op.drop_index('ix_job_queue_flow', table_name='job_queue', postgresql_where=sa.text("state = 'queued'"))
    op.drop_index('ix_job_queue_finished', table_name='job_queue', postgresql_where=sa.text('finished_at is not null'))
    op.drop_index('ix_job_queue_due', table_name='job_queue', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table('job_queue')
    op.drop_index(op.f('ix_credit_holds_user_id'), table_name='credit_holds')
    op.drop_index('ix_credit_holds_open', table_name='credit_holds', postgresql_where=sa.text('closed_at is null'))
    op.drop_table('credit_holds')
    op.drop_index('uq_credit_entries_kind_reference', table_name='credit_entries')
    op.drop_index('ix_credit_entries_user_id_id', table_name='credit_entries')
    op.drop_table('credit_entries')
    op.drop_index(op.f('ix_credit_accounts_renews_at'), table_name='credit_accounts')
    op.drop_table('credit_accounts')
    op.drop_index('uq_plans_default', table_name='plans', postgresql_where=sa.text('is_default'))
    op.drop_table('plans')
    op.drop_table('job_ticks')
    op.execute("drop function credit_entries_immutable")
    op.execute("drop sequence job_turn")
