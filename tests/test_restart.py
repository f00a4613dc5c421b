"""The program is killed in the middle of work: the next start finishes it, once."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests import faces
from tests.programs import REPOSITORY, environment, free_port
from tests.waiting import eventually_sync

COUNT = 4


class App:
    """The program on one database and one folder, started again and again."""

    def __init__(self, database_url: str, data_dir: Path, log: Path) -> None:
        self._database_url, self._log = database_url, log
        self._port = free_port()
        self._environment = environment(
            DATABASE_URL=database_url, DATA_DIR=str(data_dir), PORT=str(self._port)
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=180)

    def start(self) -> None:
        """Starts it, and waits until it is ready."""
        command = [sys.executable, str(REPOSITORY / "main.py")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self._environment, cwd=self._log.parent, stdout=log, stderr=log
            )
        eventually_sync(self._ready, timeout=180)

    def _ready(self) -> bool:
        try:
            return self.client.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As a power cut would, and lets its leases run out."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)
        self.sql("update job_queue set lease_until = now() where state = 'leased'")

    def stop(self) -> None:
        """Ends it in good order."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """One statement on its database, and what it found."""
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def post(self, path: str, **values: Any) -> Any:
        """A call that has to succeed."""
        answer = self.client.post(path, **values)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    app = App(database_url, tmp_path / "data", tmp_path / "log")
    app.start()
    yield app
    app.stop()
    app.client.close()


def model_with_photos(app: App) -> str:
    person = {"email": "anna@example.com", "password": "four quiet words here"}
    app.post("/api/auth/register", json=person)
    consent = {"subject_is": "self", "text_version": "1"}
    draft = {"name": "Anna", "subject": "woman", "consent": consent}
    id = str(app.post("/api/models", json=draft)["id"])
    photos = [
        ("files", (f"{i}.jpg", faces.jpeg(i, width=480, height=640), "image/jpeg"))
        for i in range(10)
    ]
    taken = app.post(f"/api/models/{id}/images", files=photos)
    assert [item["code"] for item in taken["items"]] == ["accepted"] * 10
    return id


@pytest.mark.timeout(300)  # three starts of the whole program
def test_a_kill_in_mid_training_and_mid_generation_loses_and_doubles_nothing(app: App) -> None:
    model = model_with_photos(app)
    app.post(f"/api/models/{model}/train")
    at_work = "select 1 from remote_jobs where state in ('submitting', 'submitted', 'running')"
    eventually_sync(lambda: app.sql(at_work), timeout=120)
    app.kill()
    app.start()

    def status(path: str) -> str:
        return str(app.client.get(path).json()["status"])

    eventually_sync(lambda: status(f"/api/models/{model}") == "ready", timeout=180)
    samples = app.client.get(f"/api/models/{model}").json()["samples"]
    assert len(samples) == 4
    assert app.sql("select state from remote_jobs") == [("succeeded",)]

    body = {"model_id": model, "prompt": "at sea", "preset": "oil", "count": COUNT, "seed": 5}
    job = app.post("/api/generate", json=body)["job_id"]
    eventually_sync(lambda: app.sql("select 1 from generated_images"), timeout=120)
    app.kill()
    assert app.sql("select count(*) < 4 from generated_images") == [(True,)]
    app.start()
    eventually_sync(lambda: status(f"/api/generate/{job}") == "succeeded", timeout=180)
    seeds = [image["seed"] for image in app.client.get(f"/api/generate/{job}").json()["images"]]
    assert seeds == [5, 6, 7, 8]
    holds = app.sql("select amount, captured, closed_at is not null from credit_holds")
    assert holds == [(COUNT, COUNT, True)]
    assert app.sql("select sum(amount) from credit_entries where kind = 'capture'") == [(COUNT,)]
