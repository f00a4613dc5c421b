"""Short forms of the benchmarks, so that each still runs when it is needed; figures mean nothing.

Those that need the whole program are in tests/e2e/test_benches.py, the trainer's in
tests/trainer/test_bench.py.
"""

import re
from pathlib import Path

import pytest

from db.embedded.server import EmbeddedPostgres
from tests.bench import faces, fingerprints, imaging, limits, marks
from tests.bench.jobs.__main__ import FIGURES, Place, pgbench_of, processes
from tests.pictures import drawn

# P3 compares fractions of a millisecond: beside other work a notice is heard before its sender
# goes on, and there is nothing to compare.
SHORT = [pytest.param(name, marks=pytest.mark.quiet) if name == "p3" else name for name in FIGURES]
RATIO = r"(\d+\.\d+) \(\d+\.\d+-\d+\.\d+\)"


def test_intake_and_thumbnails_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    imaging.main({"small": drawn(1, (400, 300))}, rounds=1)
    lines = capsys.readouterr().out.splitlines()
    for line, figure in zip(lines, ("P5 small", "P6 small"), strict=True):
        assert line.startswith(figure)
        found = re.search(f"ratio {RATIO}$", line)
        assert found
        assert float(found[1]) > 0


@pytest.mark.parametrize("figure", SHORT)
async def test_the_queue_is_compared(
    figure: str,
    database_url: str,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place = Place(database_url, pgbench_of(postgres), tmp_path, share=0.005, rounds=1)
    if figure == "p2" and place.pgbench is None:
        pytest.skip("this PostgreSQL has no pgbench")
    if figure == "processes":
        await processes(place, counts=(1, 2))  # each takes a second to start
    else:
        await FIGURES[figure](place)
    assert re.search(rf"^\| .+ \| {RATIO} \|", capsys.readouterr().out)


def test_a_counted_call_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    limits.main(requests=50, members=10, rounds=1)
    assert re.search(rf"ratio {RATIO} adds -?[\d.]+ µs$", capsys.readouterr().out)


def test_faces_are_read_and_compared(capsys: pytest.CaptureFixture[str]) -> None:
    faces.main([drawn(1, (400, 300))], seconds=0.0)
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"memory of the two networks and OpenCV: \d+ MB", lines[0])
    assert re.fullmatch(r"photos of 2048 px read on one core: [\d.]+ a second", lines[1])
    assert re.fullmatch(r"comparing a set of 30: [\d.]+ ms", lines[2])


async def test_the_path_of_a_picture_and_the_search_are_measured(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fingerprints.fill(database_url.replace("+psycopg", ""), 200)
    await fingerprints.measure(database_url, rounds=1)
    await marks.on(database_url, tmp_path, rounds=1)
    said = capsys.readouterr().out
    assert re.search(r"nearest among 200 rows: median \d", said)
    assert re.search(r"path of a picture: p95 \d+ / \d+ ms, ratio \d", said)
