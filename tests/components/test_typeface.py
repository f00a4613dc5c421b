"""The typeface: what is served of it, and what a page of ours asks for."""

import httpx

from components import design, typeface


async def test_a_browser_may_keep_each_part_for_ever(api: httpx.AsyncClient) -> None:
    sizes = []
    for part in typeface.PARTS:
        assert typeface.url(part) in design.stylesheet()
        answer = await api.get(typeface.url(part), headers={"Accept-Encoding": "br"})
        assert answer.headers["content-type"] == "font/woff2"
        assert answer.headers["cache-control"].endswith("immutable")
        assert answer.content[:4] == b"wOF2"
        sizes.append(len(answer.content))
    assert sum(sizes) < 60_000
    assert sizes[0] < 25_000  # of Latin, which every page fetches


def test_the_script_makes_the_characters_that_the_pages_ask_for() -> None:
    script = (typeface.FOLDER / "make.sh").read_text().replace("\\\n", "")
    for part, characters in typeface.PARTS.items():
        assert f'part {part} "{characters}"' in script


async def test_a_page_fetches_latin_at_once(api: httpx.AsyncClient) -> None:
    page = (await api.get("/login")).text
    assert f'rel="preload" href="{typeface.url("latin")}"' in page
    assert typeface.url("greek") not in page
