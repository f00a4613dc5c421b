"""The other side of each figure."""

import asyncio
import importlib
import re
import subprocess
import time
from pathlib import Path

import psycopg

from tests.bench.jobs.ours import PAUSE


async def procrastinate_rate(url: str, count: int) -> float:
    """No-op jobs a second of procrastinate, ten at a time, all queued before it starts."""
    procrastinate = importlib.import_module("procrastinate")
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))

    async def nothing() -> None:
        """Nothing to do."""

    noop = app.task(nothing, name="noop")
    async with app.open_async():
        if not await app.check_connection_async():
            await app.schema_manager.apply_schema_async()
        await noop.batch_defer_async(*({} for _ in range(count)))
        started = time.perf_counter()
        await app.run_worker_async(concurrency=10, wait=False, install_signal_handlers=False)
        return count / (time.perf_counter() - started)


def pgbench_rate(pgbench: Path, url: str, *, seconds: int, folder: Path) -> float:
    """Single-row inserts, each committed, a second: 16 clients."""
    script = folder / "insert.sql"
    script.write_text("insert into pgbench_rows (v) values (1);\n")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table if not exists pgbench_rows (v int)")
    command = [
        str(pgbench),
        "-n",
        "-c",
        "16",
        "-j",
        "2",
        "-T",
        str(seconds),
        "-f",
        str(script),
        url,
    ]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", answer.stdout)
    assert found, answer.stdout
    return float(found[1])


async def notify_latencies(url: str, count: int) -> tuple[list[float], list[float]]:
    """Seconds to the arrival of a bare NOTIFY: from its commit, and from its call."""
    heard: asyncio.Queue[float] = asyncio.Queue()
    listener = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await listener.execute("listen bench")

    async def listen() -> None:
        async for _ in listener.notifies():
            heard.put_nowait(time.perf_counter())

    task = asyncio.create_task(listen())
    since_commit, since_call = [], []
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as sender:
        for _ in range(count):
            await asyncio.sleep(PAUSE)
            called = time.perf_counter()
            await sender.execute("notify bench")
            committed = time.perf_counter()
            arrived = await heard.get()
            since_commit.append(arrived - committed)
            since_call.append(arrived - called)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await listener.close()
    return since_commit, since_call
