"""An ASGI application behind a real socket, for tests that need HTTP as a client sees it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tests.waiting import eventually_sync


@contextmanager
def served(app: Callable[..., Any]) -> Iterator[str]:
    """The base URL of `app`, served by a thread of its own as long as the block lasts."""
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually_sync(lambda: server.started, timeout=10)
    try:
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
