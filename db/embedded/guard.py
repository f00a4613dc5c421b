"""Watches the embedded server for the program that uses it, and restarts a server that died."""

import logging
import os
import signal
import threading
from types import TracebackType
from typing import Self

from db.embedded.server import EmbeddedPostgres
from db.errors import CannotStart, DatabaseLost

LOOK_SECONDS = 1.0
TRIES = 4
PAUSE_SECONDS = 2.0  # between two tries: a killed server's other processes need a moment to end
END_SECONDS = 30.0  # time for the program to end cleanly without its database
log = logging.getLogger(__name__)


class Guard:
    """A guard of a started server for the length of a block.

    Where the server can't be restarted, the program is sent SIGTERM, and the block's end raises
    DatabaseLost. The guard has its own thread, so that a busy event loop delays nothing.
    """

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self._up = True
        self._failure = ""
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="database guard", daemon=True)

    def up(self) -> bool:
        """Return whether the server runs and takes connections, as far as known without a query."""
        return self._up and self._server.runs()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving.set()
        self._thread.join(END_SECONDS)
        if self._failure:
            raise DatabaseLost(self._failure) from None

    def _watch(self) -> None:
        while not self._leaving.wait(LOOK_SECONDS):
            if not self._server.runs():
                self._up = False
                log.error("The database has stopped. It is started again.")
                self._revive()

    def _revive(self) -> None:
        for _ in range(TRIES):
            try:
                self._server.revive()
            except CannotStart as error:
                failure = str(error)
            else:
                self._up = True
                log.warning("The database runs again.")
                return
            if self._leaving.wait(PAUSE_SECONDS):
                return
        self._give_up(failure)

    def _give_up(self, failure: str) -> None:
        log.critical("The database can’t be started again, so the program ends: %s", failure)
        self._failure = f"The database died and can’t be started again. {failure}"
        self._leaving.set()
        at_last = threading.Timer(END_SECONDS, os._exit, [1])
        at_last.daemon = True
        at_last.start()
        os.kill(os.getpid(), signal.SIGTERM)
