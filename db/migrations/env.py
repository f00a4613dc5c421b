"""Alembic's entry: always over a connection that `db.migrate` opened, and in its transaction."""

from alembic import context

import db.models  # noqa: F401  # completes the metadata
from db.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
