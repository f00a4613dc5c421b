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
from collections.abc import Iterator
from pathlib import Path

import psycopg

from db import migrate
from db.embedded.server import EmbeddedPostgres
from db.session import make_engine
from tests.bench.jobs import ours, references

ROUNDS = 5
OLD_SNAPSHOT_ROUNDS = 3  # each takes half a minute


def main(only: list[str]) -> None:
    """All figures, or those named: p1 p2 p3 p4 processes million."""
    with tempfile.TemporaryDirectory(prefix="likeness-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedPostgres(Path(folder) / "pg")
        migrate.upgrade(server.start())
        try:
            for name, figure in FIGURES.items():
                if not only or name in only:
                    asyncio.run(figure(server))
        finally:
            server.stop()


def say(figure: str, ratios: list[float], note: str) -> None:
    """One line of the table: median (least to most)."""
    spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    sys.stdout.write(f"| {figure} | {spread} | {note} |\n")
    sys.stdout.flush()


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


async def fresh(server: EmbeddedPostgres) -> str:
    """The URL, with an empty queue."""
    await ours.execute(server.url(), "truncate job_queue")
    return server.url()


async def p1(server: EmbeddedPostgres) -> None:
    """No-op jobs a second against procrastinate."""
    ratios, rates = [], []
    for _ in range(ROUNDS):
        rates.append(await ours.rate(await fresh(server), 1500))
        ratios.append(rates[-1] / await references.procrastinate_rate(server.url(), 300))
    say("P1 jobs/s ÷ procrastinate", ratios, f"ours {statistics.median(rates):.0f}/s")


async def p2(server: EmbeddedPostgres) -> None:
    """No-op jobs a second against bare inserts."""
    pgbench = server._bin / "pgbench"
    ratios = []
    for _ in range(ROUNDS):
        rate = await ours.rate(await fresh(server), 2000, slots=32)
        reference = await asyncio.to_thread(
            references.pgbench_rate, pgbench, server.url(), seconds=3, folder=server.root
        )
        ratios.append(rate / reference)
    say("P2 jobs/s ÷ pgbench insert-commit", ratios, f"pgbench {reference:.0f}/s")


async def p3(server: EmbeddedPostgres) -> None:
    """Enqueue to start against a bare NOTIFY, 95th percentiles."""
    runs = []
    for _ in range(ROUNDS):
        mine = await ours.latencies(await fresh(server), 100)
        runs.append((mine, await references.notify_latencies(server.url(), 100)))
    for since, name in enumerate(("commit", "call")):
        ratios = [p95(mine[since]) / p95(notify[since]) for mine, notify in runs]
        milliseconds = statistics.median(p95(mine[since]) for mine, _ in runs) * 1000
        say(f"P3 from {name} to start, p95 ÷ NOTIFY", ratios, f"ours {milliseconds:.1f} ms")


async def p4(server: EmbeddedPostgres) -> None:
    """Jobs a second under an old snapshot, after 30,000 jobs, against none."""
    ratios = []
    for _ in range(OLD_SNAPSHOT_ROUNDS):
        clean = await ours.rate(await fresh(server), 4000, slots=20, before=1000)
        await fresh(server)
        with held_snapshot(server.url()):
            after = await ours.rate(server.url(), 4000, slots=20, before=30_000)
            ratios.append(after / clean)
    say("P4 under an old snapshot after 30k jobs ÷ clean", ratios, f"clean {clean:.0f}/s")


@contextlib.contextmanager
def held_snapshot(url: str) -> Iterator[None]:
    """What a backup does to a queue."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("select count(*) from job_queue")
        yield


async def processes(server: EmbeddedPostgres) -> None:
    """Jobs a second of 1, 2 and 4 processes."""
    rates = {n: [await shared_rate(await fresh(server), n) for _ in range(2)] for n in (1, 2, 4)}
    one = statistics.median(rates[1])
    for n in (2, 4):
        say(f"{n} processes ÷ 1", [rate / one for rate in rates[n]], f"1: {one:.0f}/s")


async def shared_rate(url: str, count: int) -> float:
    """3,000 jobs by `count` processes."""
    command = [sys.executable, "-m", "tests.bench.jobs", "work", url]
    workers = [subprocess.Popen(command) for _ in range(count)]  # noqa: ASYNC220  # at once
    engine = make_engine(url)
    await ours.execute(url, ours.PREPARE, count=200)  # until all are up
    await ours.all_done(engine)
    started = time.perf_counter()
    await ours.execute(url, ours.PREPARE, count=3000)
    await ours.all_done(engine)
    rate = 3000 / (time.perf_counter() - started)
    await engine.dispose()
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
        worker.wait(20)
    return rate


async def million(server: EmbeddedPostgres) -> None:
    """Jobs a second beside a million finished ones, against none."""
    ratios = []
    clean = [await ours.rate(await fresh(server), 2000) for _ in range(3)]
    await ours.execute(server.url(), ours.FINISHED, count=1_000_000)
    for each in clean:
        ratios.append(await ours.rate(server.url(), 2000) / each)
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
