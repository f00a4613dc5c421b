"""What browsers get compressed, seen from outside."""

import brotli  # type: ignore[import-untyped]
import httpx
import nicegui

from components import design


async def test_the_stylesheet_comes_as_brotli_and_is_the_same(api: httpx.AsyncClient) -> None:
    url = design.stylesheet_url()
    plain = await api.get(url, headers={"Accept-Encoding": "identity"})
    for _ in range(2):  # made, and kept
        async with api.stream("GET", url, headers={"Accept-Encoding": "gzip, br;q=1.0"}) as small:
            raw = b"".join([part async for part in small.aiter_raw()])
        assert small.headers["content-encoding"] == "br"
        assert small.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert len(raw) < len(plain.content) / 3
        assert brotli.decompress(raw).decode() == plain.text


async def test_pages_are_left_alone(api: httpx.AsyncClient) -> None:
    page = await api.get("/", headers={"Accept-Encoding": "br"})
    assert "content-encoding" not in page.headers
    missing = await api.get("/assets/none.css", headers={"Accept-Encoding": "br"})
    assert missing.status_code == 404


async def test_other_spellings_of_an_address_are_not_kept_one_by_one(
    api: httpx.AsyncClient,
) -> None:
    folder = f"/_nicegui/{nicegui.__version__}/static"
    for path, encoding in (("nicegui.js", "br"), ("%2e/nicegui.js", None)):
        answer = await api.get(f"{folder}/{path}", headers={"Accept-Encoding": "br"})
        assert answer.status_code == 200
        assert answer.headers.get("content-encoding") == encoding
