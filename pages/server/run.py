"""Runs the server: parts, pages and API, and NiceGUI over them all."""

import asyncio
import gc
import signal
from types import FrameType

from fastapi.middleware.gzip import GZipMiddleware
from nicegui import app, ui
from nicegui.server import Server

import pages
from components import design, live
from pages.server import http_protocol, operations, sockets
from services.app import bootstrap, error_reports, logs, startup
from services.app.bootstrap import Product
from services.app.startup import Opened, say
from services.settings import Settings


def serve(settings: Settings, database: Opened) -> None:
    """Pages, API and scheduler over one product, until Ctrl-C or SIGTERM. Raises CannotStart."""
    logs.configure(settings.log_level, secrets=startup.secrets_of(settings))
    error_reports.configure(settings)
    product = bootstrap.build(settings, database.url)
    if settings.role != "worker":
        pages.register_all(product.deps)
    operations.register(product.health, database.alive)
    for subscriber in (live.changed, sockets.on_notice(product.deps)):
        product.listener.subscribe(subscriber)
    app.on_startup(lambda: start(product))
    app.on_shutdown(product.stop)
    run(settings)


async def start(product: Product) -> None:
    """What needs the running event loop; then one line with the address, and perhaps a link."""
    await product.start()
    retire_at_once(product)
    tune_garbage_collector()
    while not Server.instance.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.02)
    settings = product.deps.settings
    say(f"Likeness is ready at {settings.base_url}")
    if settings.role != "worker" and (link := await product.first_admin_link()):
        say(f"Become its first administrator with this link, which works once: {link}")


def retire_at_once(product: Product) -> None:
    """At a signal no more jobs are begun, even while the server still waits for open requests."""

    def chained(number: signal.Signals) -> None:
        stop = signal.getsignal(number)  # the server's own

        def handle(number: int, frame: FrameType | None) -> None:
            product.retire()
            if callable(stop):
                stop(number, frame)

        signal.signal(number, handle)

    chained(signal.SIGINT)
    chained(signal.SIGTERM)


def run(settings: Settings) -> None:
    """The server with the flags that keep pages small and many open tabs cheap."""
    preload_components()
    ui.run(
        host=settings.host,
        port=settings.port,
        title="Likeness",
        favicon=design.FAVICON,
        language="en-US",
        dark=None,
        reload=False,
        show=False,
        show_welcome_message=False,
        tailwind=False,
        reconnect_timeout=30,  # seconds: phones sleep
        message_history_length=200,
        binding_refresh_interval=None,
        gzip_middleware_factory=lambda app: GZipMiddleware(app, minimum_size=1000, compresslevel=5),
        timeout_graceful_shutdown=5,
        access_log=False,
        server_header=False,
        log_config=None,
        lifespan="on",  # a failing start ends the program
        **http_protocol.UVICORN,
    )


def preload_components() -> None:
    """Registers every element, so that no process answers 404 for another one's script."""
    for name in ui.__all__:
        getattr(ui, name)


def tune_garbage_collector() -> None:
    """Leaves what lives for ever out of collection: full collections were pauses of 0.4 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
