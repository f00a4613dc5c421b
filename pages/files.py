"""`/files/...`: what the signed URLs of the local storage lead to; the signature is the right."""

import asyncio
import os
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, PlainTextResponse
from nicegui import app

from services.deps import Deps
from services.storage import keys
from services.storage.base import TooMuch, lasting
from services.storage.local import LocalStorage
from services.storage.signing import Grant


def register(deps: Deps) -> None:
    """Serve and receive files, if they lie on our own disk: a bucket serves its own."""
    if isinstance(deps.storage, LocalStorage):
        app.include_router(router(deps.storage))


def router(storage: LocalStorage) -> APIRouter:
    """The two routes of a local storage."""
    routes = APIRouter(prefix="/files", include_in_schema=False)
    granted = storage.granted

    @routes.head("/{key:path}")
    @routes.get("/{key:path}")
    async def send(request: Request, key: str) -> Response:
        """The file, or a part of it, to whoever holds a URL that was signed for it."""
        grant = granted(key, request.query_params, method="GET")
        if grant is None:
            return _plain(HTTPStatus.FORBIDDEN, "This link is not valid any more.")
        try:
            found = await asyncio.to_thread(storage.path(key).stat)
        except (FileNotFoundError, NotADirectoryError):
            return _plain(HTTPStatus.NOT_FOUND, "There is no such file.")
        return _file(request, storage, grant, found)

    @routes.put("/{key:path}")
    async def receive(request: Request, key: str) -> Response:
        """Take a file of at most the signed size and exactly the signed type."""
        grant = granted(key, request.query_params, method="PUT")
        if grant is None or not _of_type(request, grant.content_type):
            return _plain(HTTPStatus.FORBIDDEN, "This link is not valid, or not for this type.")
        try:
            if int(request.headers.get("content-length", "0")) > grant.max_bytes:
                raise TooMuch(key)
            await storage.receive(key, request.stream(), max_bytes=grant.max_bytes)
        except TooMuch:
            return _plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The file is larger than allowed.")
        return Response(status_code=HTTPStatus.CREATED)

    return routes


def _file(request: Request, storage: LocalStorage, grant: Grant, found: os.stat_result) -> Response:
    response = FileResponse(
        storage.path(grant.key),
        media_type=keys.content_type(grant.key),
        headers={
            "Cache-Control": lasting(storage.seconds_left(grant)),
            "X-Content-Type-Options": "nosniff",
        },
        filename=grant.download_name or None,
        stat_result=found,
    )
    if response.headers["etag"] in request.headers.get("if-none-match", ""):
        kept = {name: response.headers[name] for name in ("etag", "cache-control")}
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)
    return response


def _of_type(request: Request, signed: str) -> bool:
    return not signed or request.headers.get("content-type") == signed


def _plain(status: HTTPStatus, message: str) -> Response:
    return PlainTextResponse(message, status_code=status, headers={"Cache-Control": "no-store"})
