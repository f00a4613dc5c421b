"""Near fingerprints among a million rows, against a plain scan of the table for one window.

`uv run -m tests.bench.fingerprints` on an embedded server of its own.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable
from datetime import date
from pathlib import Path

import numpy as np
import psycopg
from PIL import Image
from sqlalchemy import text

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.session import make_engine, make_transaction
from services.imaging import fingerprints as hashes
from services.provenance import fingerprints
from tests.bench.timing import ROUNDS

SAMPLES = Path(__file__).parents[2] / "components" / "samples"
ROWS = 1_000_000
ALIKE = 0.35  # share of the bits in which half of the rows differ from one of our samples
BATCH = 50_000
SCAN = text("select min(bit_count(bits # cast(:bits as bit(256)))) from fingerprints")


def samples() -> list[Image.Image]:
    """Pictures of one sitter in many styles, as an installation holds many of."""
    return [Image.open(path).convert("RGB") for path in sorted(SAMPLES.glob("*.webp"))]


def fill(url: str, rows: int) -> None:
    """Rows half at random, half around our samples, so that some bands are far more frequent."""
    chance = np.random.default_rng(17)
    known = [each for image in samples() for each in hashes.stored(image)]
    around = np.unpackbits(
        np.array([list(bytes.fromhex(each)) for each in known], np.uint8), axis=1
    )
    columns = "id, made_on, source, bits, band_1, band_2, band_3, band_4"
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for start in range(0, rows, BATCH):
            size = min(BATCH, rows - start)
            flips = (
                chance.random((size, hashes.BITS))
                < np.where(np.arange(size) % 2, ALIKE, 0.5)[:, None]
            )
            bits = around[chance.integers(0, len(around), size)] ^ flips
            with cursor.copy(f"copy fingerprints ({columns}) from stdin") as copy:
                for packed in np.packbits(bits, axis=1):
                    digits = packed.tobytes().hex()
                    bands = fingerprints.bands(digits).values()
                    row = (chance.bytes(16).hex(), date(2026, 5, 4), "trainedAlgorithmicMedia")
                    copy.write_row((*row, fingerprints.bits(digits), *bands))
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze fingerprints")


async def milliseconds(work: Awaitable[object]) -> float:
    """Time until it is done."""
    started = time.perf_counter()
    await work
    return 1000 * (time.perf_counter() - started)


async def measure(url: str, *, rounds: int = ROUNDS) -> None:
    """Cut copies of our samples looked for; one window scanned for; and a bare round trip."""
    engine = make_engine(url)
    asked = [hashes.sought(cut(image)) for image in samples()]
    asked = [windows for windows in asked if windows][: 4 * rounds]
    ours, scans, bare = list[float](), list[float](), list[float]()
    async with make_transaction(engine)() as session:
        for number, windows in enumerate(asked):
            ours.append(await milliseconds(fingerprints.nearest(session, windows)))
            bare.append(await milliseconds(session.execute(text("select 1"))))
            if number % 4 == 0:
                one = {"bits": fingerprints.bits(windows[0])}
                scans.append(await milliseconds(session.execute(SCAN, one)))
        rows = await session.scalar(text("select count(*) from fingerprints"))
    await engine.dispose()
    report(rows or 0, ours, scans, bare)


def report(rows: int, ours: list[float], scans: list[float], bare: list[float]) -> None:
    """One line for a terminal."""
    middle, scan = statistics.median(ours), statistics.median(scans)
    p95 = float(np.quantile(ours, 0.95))
    print(
        f"nearest among {rows:,} rows: median {middle:.1f} ms, p95 {p95:.1f}, worst {max(ours):.1f}"
        f"; scan for one window {scan:.1f} ms, ratio {middle / scan:.3f}"
        f"; select 1 {statistics.median(bare):.2f} ms"
    )


def cut(image: Image.Image) -> Image.Image:
    """A copy that lacks 3 % at the left and at the top."""
    return image.crop((image.width // 33, image.height // 33, image.width, image.height))


def main(rows: int = ROWS) -> None:
    """Start a server, fill it, measure."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        server.start()
        try:
            url = server.url("postgres")
            migrate.upgrade(url)
            fill(url.replace("+psycopg", ""), rows)
            asyncio.run(measure(url))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
