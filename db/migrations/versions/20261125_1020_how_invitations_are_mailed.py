"""How invitations are mailed."""

import sqlalchemy as sa
from alembic import op
revision = 'd7a3c5b91e04'
down_revision = '2466a3da3319'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('one_time_tokens', sa.Column('mail_state', sa.String(), nullable=True))
    op.add_column('one_time_tokens', sa.Column('mail_problem', sa.String(), nullable=True))
    op.create_check_constraint(
        op.f('ck_one_time_tokens_mail_state'), 'one_time_tokens', "mail_state in ('queued', 'sent', 'failed')"
    )


def downgrade() -> None:
    op.drop_column('one_time_tokens', 'mail_problem')
    op.drop_column('one_time_tokens', 'mail_state')
