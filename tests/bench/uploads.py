"""P10 and P11: the running program's memory and its patience, while members upload.

`uv run --group bench -m tests.bench.uploads`
"""

import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import psutil

from tests.hostile import one_bit_png
from tests.pictures import picture
from tests.programs import REPOSITORY, free_port

PASSWORD = "four quiet words here"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. widths: of square PNGs, in pixels. photo: size of what is uploaded.

    looks: requests a round whose time is taken, while so many upload and so many sign in.
    """

    rounds: int = 5
    looks: int = 200
    widths: tuple[int, ...] = (13_000, 7_700)
    photo: tuple[int, int] = (4000, 3000)
    uploads: int = 10
    logins: int = 20


WHOLE = Extent()
addresses = (f"203.0.{n // 250}.{n % 250 + 1}" for n in itertools.count())


@contextmanager
def started() -> Iterator[tuple[str, psutil.Process]]:
    """Likeness as an operator starts it, with its own database, on a free port."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as folder:
        Path(folder).chmod(0o711)
        settings = {"DATA_DIR": folder, "PORT": str(port), "ENGINE": "preview"}
        process = subprocess.Popen(
            [sys.executable, "main.py"],
            cwd=REPOSITORY,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield url, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(30)


async def ready(url: str) -> None:
    """Until it answers."""
    async with httpx.AsyncClient(base_url=url) as http:
        for _ in range(600):
            with suppress(httpx.TransportError):
                if (await http.get("/readyz")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise RuntimeError("the program did not start")


async def member(http: httpx.AsyncClient, email: str) -> str:
    """Registers, and makes a draft; where its photos go."""
    account = {"email": email, "password": PASSWORD}
    headers = {"X-Forwarded-For": next(addresses)}
    answer = await http.post("/api/auth/register", json=account, headers=headers)
    answer.raise_for_status()
    consent = {"subject_is": "self", "text_version": "1"}
    draft = {"name": "Me", "subject": "person", "consent": consent}
    answer = await http.post("/api/models", json=draft)
    answer.raise_for_status()
    return f"/api/models/{answer.json()['id']}/images"


def resident(process: psutil.Process) -> int:
    """Bytes of the program and its workers; the database server is not ours."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            if "postgres" not in one.name():
                total += one.memory_info().rss
    return total


async def highest(process: psutil.Process, work: Awaitable[object]) -> int:
    """The peak of `resident` while `work` lasts, looked at every 2 ms."""
    task, peak = asyncio.ensure_future(work), 0
    while not task.done():
        peak = max(peak, resident(process))
        await asyncio.sleep(0.002)
    await task
    return peak


async def memory(url: str, process: psutil.Process, extent: Extent = WHOLE) -> None:
    """P10, and what an honest picture of 59 megapixels takes; each another file."""
    async with httpx.AsyncClient(base_url=url, timeout=120) as http:
        path = await member(http, "memory@example.com")
        for seed in range(min(4, extent.uploads)):
            await http.put(path, content=picture(seed, extent.photo))
        for width in extent.widths:
            idle, peaks = resident(process), []
            for number in range(extent.rounds):
                data = one_bit_png(width, width - number)
                peaks.append(await highest(process, http.put(path, content=data)))
            ratios = sorted(peak / idle for peak in peaks)
            print(
                f"P10 {width:,} x {width:,} PNG: {max(peaks) / 2**20:.0f} / {idle / 2**20:.0f} "
                f"MiB, ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
            )


async def p99(http: httpx.AsyncClient, looks: int) -> float:
    """Of so many requests to /healthz, in ms."""
    times = []
    for _ in range(looks):
        started = time.perf_counter()
        (await http.get("/healthz")).raise_for_status()
        times.append(time.perf_counter() - started)
        await asyncio.sleep(0.005)
    return 1000 * statistics.quantiles(times, n=100)[98]


async def patience(url: str, extent: Extent = WHOLE) -> None:
    """P11: /healthz while 10 members upload and 20 logins are checked, by those with nothing."""
    photos = [picture(seed, extent.photo) for seed in range(extent.uploads)]
    async with httpx.AsyncClient(base_url=url, timeout=300) as http:
        ratios, pairs = [], []
        for round in range(extent.rounds):
            idle = await p99(http, extent.looks)
            look = partial(p99, http, extent.looks)
            busy = await under_load(url, photos, extent.logins, round, look)
            ratios.append(busy / idle)
            pairs.append((busy, idle))
            print(f"  round {round}: p99 {busy:.1f} / {idle:.1f} ms", flush=True)
        busy, idle = (statistics.median(pair[n] for pair in pairs) for n in (0, 1))
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
        ratio = statistics.median(ratios)
        print(f"P11: p99 {busy:.1f} / {idle:.1f} ms, ratio {ratio:.2f} ({spread})")


async def under_load(
    url: str, photos: list[bytes], logins: int, round: int, look: Callable[[], Awaitable[float]]
) -> float:
    """What `look` finds while an upload a photo and the logins are under way all the time."""
    async with AsyncExitStack() as stack:

        async def browser() -> httpx.AsyncClient:
            client = httpx.AsyncClient(base_url=url, timeout=300)
            return await stack.enter_async_context(client)

        async def upload(http: httpx.AsyncClient, path: str, number: int) -> None:
            for data in photos[number:] + photos[:number]:
                (await http.put(path, content=data)).raise_for_status()

        async def log_in(http: httpx.AsyncClient) -> None:
            """Nobody has this address: the password is checked all the same."""
            for number in itertools.count():
                account = {"email": f"nobody{number}-{id(http)}@example.com", "password": PASSWORD}
                headers = {"X-Forwarded-For": next(addresses)}
                answer = await http.post("/api/auth/login", json=account, headers=headers)
                assert answer.status_code == 401, answer.text

        load = []
        for number in range(len(photos)):
            http = await browser()
            path = await member(http, f"p{round}-{number}@example.com")
            load.append(asyncio.create_task(upload(http, path, number)))
        load += [asyncio.create_task(log_in(await browser())) for _ in range(logins)]
        found = await look()
        for task in load:
            task.cancel()
        for result in await asyncio.gather(*load, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
    return found


async def main() -> None:
    """Both, on one program."""
    with started() as (url, process):
        await ready(url)
        await memory(url, process)
        await patience(url)


if __name__ == "__main__":
    asyncio.run(main())
