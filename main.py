"""Likeness: a self-hosted personal AI photo studio."""

from nicegui import ui

from db import migrate
from db.embedded import EmbeddedPostgres
from services.settings import Settings


def main() -> None:
    """Settings, database, pages."""
    settings = Settings()
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    migrate.upgrade(server.start())
    try:
        ui.run(host=settings.host, port=settings.port, reload=False, show=False)
    finally:
        server.stop()


if __name__ in {"__main__", "__mp_main__"}:
    main()
