"""The whole path of a picture, made, signed, stored and shown, against the same without marks.

`uv run -m tests.bench.marks` on an embedded server of its own, with the photo booth as the engine.
"""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import numpy as np

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.session import make_engine, make_transaction
from services import imaging
from services.engines.preview.render import render
from services.provenance import fingerprints, marks
from services.settings import Settings
from services.storage.local import LocalStorage

PHOTO = Path(__file__).parents[2] / "components" / "samples" / "portrait.jpg"
SIZE = (1024, 1024)
ROUNDS = 30


class Way:
    """Both paths, one picture at a time."""

    def __init__(self, deps: Any) -> None:
        self._deps = deps
        self.added, self.signing = list[int](), list[float]()

    async def measured(self, seed: int, *, marked: bool) -> float:
        """Milliseconds from the request to the picture that is shown."""
        started = time.perf_counter()
        data = await asyncio.to_thread(self._make, seed)
        derived = await imaging.derive(data)
        if marked:
            derived = await self._marked(derived)
        folder = f"{uuid4()}/images/{seed}"
        await imaging.store(self._deps.storage, folder, derived.files)
        await self._deps.storage.get(f"{folder}/medium.webp")
        return 1000 * (time.perf_counter() - started)

    def _make(self, seed: int) -> bytes:
        width, height = SIZE
        return render([PHOTO.read_bytes()], seed=seed, width=width, height=height).data

    async def _marked(self, derived: imaging.Derived) -> imaging.Derived:
        started = time.perf_counter()
        origin = marks.origin(engine="preview", recipe={}, at=datetime.now(UTC))
        found = await marks.mark(self._deps, derived, origin)
        self.signing.append(1000 * (time.perf_counter() - started))
        self.added.append(
            sum(map(len, found.files.values())) - sum(map(len, derived.files.values()))
        )
        async with self._deps.transaction() as session:
            fingerprints.record(session, self._deps, found.fingerprints, origin)
        return found


async def measure(deps: Any, *, rounds: int = ROUNDS) -> None:
    """Both in turn, the first to go changing places, after one of each that does not count."""
    path = Way(deps)
    ours, plain = list[float](), list[float]()
    for seed in range(-1, rounds):
        for marked in (True, False) if seed % 2 else (False, True):
            (ours if marked else plain).append(await path.measured(seed + 1, marked=marked))
    ours, plain = ours[1:], plain[1:]
    p95 = [float(np.quantile(times, 0.95)) for times in (ours, plain)]
    medians = [statistics.median(times) for times in (ours, plain)]
    print(
        f"path of a picture: p95 {p95[0]:.0f} / {p95[1]:.0f} ms, ratio {p95[0] / p95[1]:.2f};"
        f" median {medians[0]:.0f} / {medians[1]:.0f} ms, ratio {medians[0] / medians[1]:.2f};"
        f" signing {statistics.median(path.signing[1:]):.0f} ms (p95"
        f" {np.quantile(path.signing[1:], 0.95):.0f}), {max(path.added) / 1024:.0f} KiB a picture"
    )


async def on(url: str, folder: Path, *, rounds: int = ROUNDS) -> None:
    """With the parts of the product that the path needs."""
    engine = make_engine(url)
    deps = SimpleNamespace(
        transaction=make_transaction(engine),
        settings=Settings(data_dir=folder),
        now=lambda: datetime.now(UTC),
        new_id=uuid4,
        secret=bytes(32),
        storage=LocalStorage(folder / "files", secret=bytes(32), base_url="http://test"),
    )
    await measure(deps, rounds=rounds)
    await engine.dispose()


def main() -> None:
    """Start a server, measure."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        server.start()
        try:
            url = server.url("postgres")
            migrate.upgrade(url)
            asyncio.run(on(url, Path(folder)))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
