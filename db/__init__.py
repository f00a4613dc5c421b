"""Postgres: models, sessions, migrations and the embedded server."""
