"""The audit of the dependencies: what it finds, and that it holds nothing up without a network."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests import audit
from tests.__main__ import report

ADVISORY = {"id": "GHSA-0000", "modified": "2026-01-01T00:00:00Z", "summary": "Bad"}


@contextmanager
def database(vulnerable: str) -> Iterator[str]:
    """A server that speaks as osv.dev does and knows of one package; its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            names = [q["package"]["name"] for q in json.loads(self.rfile.read(length))["queries"]]
            known = {"vulns": [{"id": ADVISORY["id"], "modified": ADVISORY["modified"]}]}
            self.answer({"results": [known if name == vulnerable else {} for name in names]})

        def do_GET(self) -> None:
            self.answer(ADVISORY)

        def answer(self, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def audited(url: str) -> bool | None:
    return audit.audit(dict(os.environ) | {audit.MIRROR: url})


@pytest.mark.parametrize(("vulnerable", "passed"), [("starlette", False), ("no-such", True)])
def test_a_known_vulnerability_fails(vulnerable: str, passed: bool) -> None:
    with database(vulnerable) as url:
        assert audited(url) is passed


def test_without_a_database_nothing_is_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SECONDS", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        assert audited(f"http://127.0.0.1:{silent.getsockname()[1]}/") is None
        assert time.monotonic() - started < 20
    assert audited("http://127.0.0.1:1/") is None


def test_the_summary_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert report({"audit": (None, 1.0), "tests": (True, 1.0)}) == 0
    assert "audit    not audited" in capsys.readouterr().out
    assert report({"audit": (False, 1.0), "tests": (True, 1.0)}) == 1


def test_the_summary_names_what_passed_only_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert report({"tests": (True, 1.0)}, ["tests/test_audit.py::test_it"]) == 0
    assert "UNSTEADY tests/test_audit.py::test_it" in capsys.readouterr().out
