"""The recipes of .github/docs/proxies.md: the real proxies in front of two real processes."""

import contextlib
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Frame, Page

from db.embedded.server import EmbeddedPostgres
from tests.e2e.conftest import running
from tests.e2e.driving import Program, visit, watched
from tests.pictures import noise
from tests.programs import REPOSITORY, free_port
from tests.waiting import eventually_sync

RECIPES = REPOSITORY / ".github" / "docs" / "proxies.md"
ANNA = {"email": "anna@example.com", "password": "correct horse battery"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two processes of one installation, and the address that people will type."""

    programs: tuple[Program, Program]
    port: int

    @property
    def url(self) -> str:
        """What PUBLIC_URL says."""
        return f"http://localhost:{self.port}"

    def put_into(self, recipe: str) -> str:
        """The recipe with the addresses of these processes."""
        for written, program in zip((8080, 8081), self.programs, strict=True):
            recipe = recipe.replace(f"127.0.0.1:{written}", f"127.0.0.1:{program.settings.port}")
        return recipe


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two processes on one database."""
    port = free_port()
    shared = {"PUBLIC_URL": f"http://localhost:{port}", "SECRET_KEY": "of both processes"}
    with running(**shared) as first:
        url = EmbeddedPostgres(first.settings.data_dir / "postgres").url()
        with running(DATABASE_URL=url, **shared) as second:
            address = f"http://127.0.0.1:{first.settings.port}/api/auth/register"
            assert httpx.post(address, json=ANNA | {"name": "Anna"}, timeout=60).status_code == 201
            yield Pair((first, second), port)


def recipe_of(language: str) -> str:
    """The one code block of that language."""
    found = re.search(rf"```{language}\n(.*?)```", RECIPES.read_text(), re.DOTALL)
    assert found
    return found[1]


@contextlib.contextmanager
def caddy(pair: Pair, folder: Path) -> Iterator[None]:
    """Caddy with its recipe, over plain http."""
    recipe = pair.put_into(recipe_of("caddyfile"))
    site = recipe.replace("photos.example.com", pair.url)
    (folder / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site)
    command: list[str | Path] = [
        "caddy",
        "run",
        "--config",
        folder / "Caddyfile",
        "--adapter",
        "caddyfile",
    ]
    with started(command, folder):
        yield


@contextlib.contextmanager
def nginx(pair: Pair, folder: Path) -> Iterator[None]:
    """nginx with its recipe, over plain http: without a certificate, its cookie is not Secure."""
    recipe = pair.put_into(recipe_of("nginx")).replace("photos.example.com", "localhost")
    recipe = recipe.replace("443 ssl", f"127.0.0.1:{pair.port}").replace(" Secure;", "")
    recipe = re.sub(r"\n *ssl_certificate.*", "", recipe).replace("/var/log/nginx", str(folder))
    folders = "\n".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr;\n"
        f"events {{}}\nhttp {{\n{folders}\n{recipe}\n}}\n"
    )
    with started(["nginx", "-p", folder, "-c", folder / "nginx.conf"], folder):
        yield


PROXIES: dict[str, Callable[[Pair, Path], contextlib.AbstractContextManager[None]]] = {
    "caddy": caddy,
    "nginx": nginx,
}


@contextlib.contextmanager
def started(command: Sequence[str | Path], folder: Path) -> Iterator[None]:
    """A proxy in a process of its own."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(folder)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(params=PROXIES)
def proxied(request: pytest.FixtureRequest, pair: Pair, tmp_path: Path) -> Iterator[Pair]:
    """The two processes behind one proxy."""
    if shutil.which(request.param, path="/usr/sbin:/usr/bin:/bin") is None:
        pytest.skip(f"there is no {request.param} here")
    with PROXIES[request.param](pair, tmp_path):
        eventually_sync(lambda: answers(pair.url), timeout=20)
        yield pair


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def loads_of(page: Page) -> list[str]:
    """Grows by an address whenever the page is loaded."""
    loads: list[str] = []

    def note(frame: Frame) -> None:
        loads.append(frame.url)

    page.on("framenavigated", note)
    return loads


async def test_pages_stay_live_behind_it(proxied: Pair, browser: Browser) -> None:
    """Each visitor's socket has to reach the process that made her page: 1 of 2 would by chance."""
    for _ in range(5):
        context = await browser.new_context(base_url=proxied.url)
        answer = await context.request.post("/api/auth/login", data=ANNA)
        assert answer.ok, await answer.text()
        page = await context.new_page()
        loads = loads_of(page)
        with watched(page):
            for path in ("/dashboard", "/gallery"):
                await visit(page, path)
        # A page whose socket meets another process loads itself anew until chance is kind.
        assert len(loads) == 2, loads
        await context.close()


def test_a_large_photo_passes(proxied: Pair) -> None:
    with httpx.Client(base_url=proxied.url, timeout=60) as http:
        answer = http.post("/api/auth/login", json=ANNA)
        assert answer.status_code == 200, answer.text
        version = http.get("/api/consent").json()["version"]
        consent = {"subject_is": "self", "text_version": version}
        draft = {"name": "Anna", "subject": "woman", "consent": consent}
        model = http.post("/api/models", json=draft)
        assert model.status_code == 201, model.text
        out = io.BytesIO()
        noise(1, (3500, 3500)).save(out, "JPEG", quality=95)
        photo = out.getvalue()
        assert len(photo) > 8_000_000
        sent = http.post(f"/api/models/{model.json()['id']}/images", files={"files": photo})
        assert sent.status_code == 200, sent.text
        assert [verdict["code"] for verdict in sent.json()["items"]] == ["accepted"]
