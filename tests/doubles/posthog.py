"""PostHog's capture API for tests, as its documentation describes `POST /batch/`."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

KEY = "phc_a-project-of-the-tests"


@dataclass
class PosthogServer:
    """url: where it listens. faults: for each coming request a status to fail with.

    silent: while it is set, requests are not answered.
    """

    url: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def take(self) -> tuple[Response, int]:
        """One batch: all of it is stored or none."""
        while self.silent.is_set() and not self.ended.wait(0.01):
            pass
        if self.faults:
            return jsonify(detail="not now"), self.faults.pop(0)
        raw = request.get_data()
        body = gzip.decompress(raw) if request.headers.get("Content-Encoding") == "gzip" else raw
        self.bodies.append(f"{dict(request.headers)} {body.decode()}")
        given = json.loads(body)
        if given["api_key"] != KEY:
            return jsonify(detail="API key is not valid: the project was not found."), 401
        for event in given["batch"]:
            _check(event)
        for event in given["batch"]:
            if event["uuid"] not in {known["uuid"] for known in self.events}:
                self.events.append(event)
        return jsonify(status=1), 200


def _check(event: dict[str, Any]) -> None:
    assert event["event"]
    assert 0 < len(event["distinct_id"]) <= 200
    assert UUID(event["uuid"])
    assert datetime.fromisoformat(event["timestamp"]).tzinfo
    assert isinstance(event["properties"], dict)


@contextmanager
def posthog_server() -> Iterator[PosthogServer]:
    """Listens until the block ends."""
    server, app = PosthogServer(), Flask("posthog")
    app.add_url_rule("/batch/", "batch", server.take, methods=["POST"])
    listening = make_server("127.0.0.1", 0, app, threaded=True)
    server.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        listening.shutdown()
        thread.join()
        listening.server_close()
