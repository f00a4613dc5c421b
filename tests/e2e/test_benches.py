"""Short forms of the benchmarks of the whole program, so that each still runs when it is needed."""

import re

import psutil
import pytest

from tests.bench import first_picture, gallery, uploads
from tests.e2e.driving import Program, Server


async def test_lists_and_pages_are_compared(
    server: Server, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    extent = gallery.Extent(rounds=1, each=2, pages=2, idle_seconds=0.1, requests=2)
    _, few = await gallery.member_with(server, 1)
    id, many = await gallery.member_with(server, 60)
    with gallery.reference_server(program, id) as reference:
        gallery.against(server, reference, few=few, many=many, extent=extent)
    await gallery.many_pages(server, few, extent)
    said = capsys.readouterr().out
    assert [said.count(figure) for figure in ("P7: ", "P8: ", "P9: ", "2 pages: ")] == [1, 2, 1, 1]


async def test_the_first_picture_is_compared(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    await first_picture.measure(server.url, rounds=1)
    assert re.search(r"median -?\d+ ms, p95 -?\d+; the engine \d+ ms", capsys.readouterr().out)


async def test_memory_and_patience_are_measured(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    extent = uploads.Extent(rounds=1, looks=3, widths=(300,), photo=(400, 300), uploads=1, logins=1)
    await uploads.memory(server.url, psutil.Process(server.process.pid), extent)
    await uploads.patience(server.url, extent)
    said = capsys.readouterr().out
    assert "P10 300 x 300 PNG: " in said
    assert "P11: p99 " in said
