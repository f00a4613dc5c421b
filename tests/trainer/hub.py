"""The Hugging Face hub, as far as its client needs it to fetch a repository."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.servers import served

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = ".safetensors"  # what the hub keeps by its SHA-256


class Hub:
    """Serves folders as repositories; `sent` counts the bytes of each file, also of cut answers.

    cut: paths whose answer ends half-way, once; after that `closed` refuses everything.
    """

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders
        self.gated: set[str] = set()
        self.sent: dict[str, int] = {}
        self.ranges: list[str] = []
        self.cut: set[str] = set()
        self.closed = False
        self.url = ""
        self.on_file: Callable[[str], None] = lambda _path: None
        self.app = FastAPI()
        self.app.get("/api/models/{owner}/{name}")(self.info)
        self.app.get("/api/models/{owner}/{name}/revision/{revision}")(self.info)
        route = "/{owner}/{name}/resolve/{revision}/{path:path}"
        self.app.api_route(route, methods=["GET", "HEAD"])(self.file)

    def info(self, owner: str, name: str) -> Any:
        """The repository's files and licence."""
        repository = f"{owner}/{name}"
        folder = self.folders[repository]
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {
            "id": repository,
            "sha": COMMIT,
            "cardData": {"license": "apache-2.0"},
            "siblings": [self._sibling(path, folder) for path in files],
        }

    def _sibling(self, path: Path, folder: Path) -> dict[str, Any]:
        size = path.stat().st_size
        sibling = {"rfilename": str(path.relative_to(folder)), "size": size}
        if path.suffix == LARGE:
            sibling["lfs"] = {"sha256": _sum(path), "size": size, "pointerSize": 130}
        return sibling

    async def file(self, request: Request, owner: str, name: str, path: str) -> Response:
        """A file, or the rest of it."""
        repository = f"{owner}/{name}"
        if repository in self.gated:
            headers = {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."}
            return JSONResponse({"error": "restricted"}, 403, headers=headers)
        if self.closed:
            return Response(status_code=403)
        source = self.folders[repository] / path
        data = source.read_bytes()
        headers = {"ETag": f'"{_sum(source)}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if request.method == "HEAD":
            return Response(headers={**headers, "Content-Length": str(len(data))})
        self.on_file(path)
        wanted, status = request.headers.get("range"), 200
        if wanted:
            self.ranges.append(wanted)
            start, status = int(wanted.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            data = data[start:]
        whole = len(data)
        if path in self.cut:
            data, self.closed = data[: whole // 2], True
        self.sent[path] = self.sent.get(path, 0) + len(data)
        return _Raw(data, status, {**headers, "Content-Length": str(whole)})


class _Raw(Response):
    """An answer whose length is what the headers say, also where it ends before."""

    def __init__(self, data: bytes, status: int, headers: dict[str, str]) -> None:
        super().__init__(content=None, status_code=status, headers=headers)
        self.body = data


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def running_hub(folders: dict[str, Path]) -> Iterator[Hub]:
    """A hub on this machine as long as the block lasts."""
    hub = Hub(folders)
    with served(hub.app) as hub.url:
        yield hub
