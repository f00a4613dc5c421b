"""Runs every figure of the queue, interleaved with its reference, and prints the table."""

import asyncio
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.session import make_engine
from tests.bench.jobs import ours, references

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is measured, and how much: a share of all jobs, in so many rounds.

    pgbench: the program; None where this PostgreSQL has none. folder: for its script.
    """

    url: str
    pgbench: Path | None
    folder: Path
    share: float = 1.0
    rounds: int = ROUNDS

    def of(self, jobs: int) -> int:
        """So many jobs, of those that a whole run has."""
        return max(8, int(jobs * self.share))

    async def fresh(self) -> str:
        """The URL, with an empty queue."""
        await ours.execute(self.url, "truncate job_queue")
        return self.url


def main(only: list[str]) -> None:
    """All figures, or those named: p1 p2 p3 p4 processes million."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        migrate.upgrade(server.start())
        place = Place(server.url(), pgbench_of(server), server.root)
        try:
            for name, figure in FIGURES.items():
                if not only or name in only:
                    asyncio.run(figure(place))
        finally:
            server.stop()


def pgbench_of(server: EmbeddedPostgres) -> Path | None:
    """The program beside the running server's own."""
    program = server._bin / "pgbench"
    return program if program.exists() else None


def say(figure: str, ratios: list[float], note: str) -> None:
    """One line of the table: median (least to most)."""
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    sys.stdout.write(f"| {figure} | {spread} | {note} |\n")
    sys.stdout.flush()


def p95(values: list[float]) -> float:
    """The 95th percentile, between values that were measured: of few, the other way is beyond."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


async def p1(place: Place) -> None:
    """No-op jobs a second against procrastinate."""
    ratios, rates = [], []
    for _ in range(place.rounds):
        rates.append(await ours.rate(await place.fresh(), place.of(1500)))
        ratios.append(rates[-1] / await references.procrastinate_rate(place.url, place.of(300)))
    say("P1 jobs/s ÷ procrastinate", ratios, f"ours {statistics.median(rates):.0f}/s")


async def p2(place: Place) -> None:
    """No-op jobs a second against bare inserts."""
    if place.pgbench is None:
        sys.stdout.write("P2 needs pgbench, which this PostgreSQL lacks\n")
        return
    ratios, seconds = [], max(1, round(3 * place.share))
    for _ in range(place.rounds):
        rate = await ours.rate(await place.fresh(), place.of(2000), slots=32)
        reference = await asyncio.to_thread(
            references.pgbench_rate, place.pgbench, place.url, seconds=seconds, folder=place.folder
        )
        ratios.append(rate / reference)
    say("P2 jobs/s ÷ pgbench insert-commit", ratios, f"pgbench {reference:.0f}/s")


async def p3(place: Place) -> None:
    """Enqueue to start against a bare NOTIFY, 95th percentiles."""
    runs = []
    for _ in range(place.rounds):
        mine = await ours.latencies(await place.fresh(), place.of(100))
        runs.append((mine, await references.notify_latencies(place.url, place.of(100))))
    for since, name in enumerate(("commit", "call")):
        ratios = [p95(mine[since]) / p95(notify[since]) for mine, notify in runs]
        milliseconds = statistics.median(p95(mine[since]) for mine, _ in runs) * 1000
        say(f"P3 from {name} to start, p95 ÷ NOTIFY", ratios, f"ours {milliseconds:.1f} ms")


async def p4(place: Place) -> None:
    """Jobs a second under an old snapshot, after 30,000 jobs, against none.

    In two rounds less, as each takes half a minute.
    """
    ratios, count = [], place.of(4000)
    for _ in range(max(1, place.rounds - 2)):
        clean = await ours.rate(await place.fresh(), count, slots=20, before=place.of(1000))
        await place.fresh()
        with held_snapshot(place.url):
            after = await ours.rate(place.url, count, slots=20, before=place.of(30_000))
            ratios.append(after / clean)
    say("P4 under an old snapshot after 30k jobs ÷ clean", ratios, f"clean {clean:.0f}/s")


@contextlib.contextmanager
def held_snapshot(url: str) -> Iterator[None]:
    """What a backup does to a queue."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select count(*) from job_queue")
        yield


async def processes(place: Place, counts: Sequence[int] = (1, 2, 4)) -> None:
    """Jobs a second of 1, 2 and 4 processes."""
    rounds = range(min(2, place.rounds))
    rates = {n: [await shared_rate(place, n) for _ in rounds] for n in counts}
    one = statistics.median(rates[counts[0]])
    for n in counts[1:]:
        say(f"{n} processes ÷ 1", [rate / one for rate in rates[n]], f"1: {one:.0f}/s")


async def shared_rate(place: Place, processes: int) -> float:
    """3,000 jobs by so many processes."""
    url, count = await place.fresh(), place.of(3000)
    command = [sys.executable, "-m", "tests.bench.jobs", "work", url]
    workers = [subprocess.Popen(command) for _ in range(processes)]  # noqa: ASYNC220  # at once
    engine = make_engine(url)
    try:
        await ours.execute(url, ours.PREPARE, count=place.of(200))  # until all are up
        await ours.all_done(engine)
        started = time.perf_counter()
        await ours.execute(url, ours.PREPARE, count=count)
        await ours.all_done(engine)
        return count / (time.perf_counter() - started)
    finally:
        await engine.dispose()
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.wait(20)


async def million(place: Place) -> None:
    """Jobs a second beside a million finished ones, against none."""
    count = place.of(2000)
    clean = [await ours.rate(await place.fresh(), count) for _ in range(min(3, place.rounds))]
    await ours.execute(place.url, ours.FINISHED, count=place.of(1_000_000))
    ratios = [await ours.rate(place.url, count) / each for each in clean]
    say("jobs/s beside a million finished ÷ none", ratios, "")


async def work(url: str) -> None:
    """One worker process, until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with ours.working(url):
        await stop.wait()


FIGURES = {"p1": p1, "p2": p2, "p3": p3, "p4": p4, "processes": processes, "million": million}

if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        asyncio.run(work(sys.argv[2]))
    else:
        sys.stdout.write(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs\n")
        main(sys.argv[1:])
