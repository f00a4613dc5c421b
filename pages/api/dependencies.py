"""What the routes under /api share: who asks, one transaction, idempotency, error shapes."""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPBearer

from pages.api.errors import documented
from pages.server import content_hash, context, multipart
from pages.server.request_bodies import SAFE
from services.accounts.users import UserView
from services.deps import Deps, Session
from services.errors import Conflict, Malformed
from services.kit import idempotency

NULL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # an escape, and not a backslash before "u0000"
# the middleware has checked them already: these put them into the documentation
_BEARER = HTTPBearer(auto_error=False, description="An API key, made on /account.")
_COOKIE = APIKeyCookie(name="likeness", auto_error=False, description="The browser's session.")


# All of these are async: FastAPI runs plain functions in threads, which costs more than they do.
async def get_deps(request: Request) -> Deps:
    """The program's parts."""
    return context.deps_of(request)


async def open_session(request: Request) -> AsyncIterator[Session]:
    """One transaction for the route, committed before its answer is sent."""
    shared: Session | None = getattr(request.state, "session", None)
    if shared is not None:  # an idempotent request: the kept answer commits with the work
        yield shared
        return
    async with context.deps_of(request).transaction() as session:
        yield session


async def signed_in(
    request: Request,
    _bearer: Annotated[object, Depends(_BEARER)],
    _cookie: Annotated[object, Depends(_COOKIE)],
) -> UserView:
    """The member behind the cookie or the key. Raises NotSignedIn."""
    return context.current_user(request)


async def signed_in_admin(
    _user: Annotated[UserView, Depends(signed_in)], request: Request
) -> UserView:
    """The administrator behind the cookie or the key; to others the route does not exist."""
    return context.current_admin(request)


async def open_reading(request: Request) -> AsyncIterator[Session]:
    """A session for a route that only looks."""
    async with context.deps_of(request).reading() as session:
        yield session


DepsDep = Annotated[Deps, Depends(get_deps)]
# "function": by default FastAPI would commit after the answer was sent
SessionDep = Annotated[Session, Depends(open_session, scope="function")]
ReadingDep = Annotated[Session, Depends(open_reading, scope="function")]
CurrentUser = Annotated[UserView, Depends(signed_in)]
CurrentAdmin = Annotated[UserView, Depends(signed_in_admin)]


class ApiRoute(APIRoute):
    """A route that refuses text that no database can hold, and honours `Idempotency-Key`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap what FastAPI would call."""
        run = super().get_route_handler()
        one_transaction = any(d.call is open_session for d in self.dependant.dependencies)

        async def handle(request: Request) -> Response:
            await _refuse_null_characters(request)
            key, user = request.headers.get("idempotency-key"), context.visitor(request)
            if key is None or user is None or request.method in SAFE:
                return await run(request)
            run_once = _run_once if one_transaction else _run_once_in_steps
            return await run_once(request, run, user, key)

        return handle


def api_router(tag: str) -> APIRouter:
    """The router of one resource: `router = api_router("images")`, paths from `/api` on."""
    return APIRouter(
        prefix="/api",
        tags=[tag],
        route_class=ApiRoute,
        responses=documented(400, 401, 403, 415, 422, 429),
    )


Run = Callable[[Request], Coroutine[Any, Any, Response]]


async def _run_once(request: Request, run: Run, user: UserView, key: str) -> Response:
    """The work and its kept answer commit together: neither is ever there without the other."""
    deps = context.deps_of(request)
    async with deps.transaction() as session:
        kept = await idempotency.claim(
            session, deps, user_id=user.id, key=key, request_hash=await _hash(request)
        )
        if kept:
            return _replayed(kept)
        request.state.session = session
        response = await run(request)
        await idempotency.keep(session, user_id=user.id, key=key, answer=_answer(response))
    return response


async def _run_once_in_steps(request: Request, run: Run, user: UserView, key: str) -> Response:
    """For routes with transactions of their own, such as uploads, that may run again."""
    deps = context.deps_of(request)
    content_hash.start(request)
    async with deps.transaction() as session:
        kept = await idempotency.claim(
            session, deps, user_id=user.id, key=key, request_hash=await _hash(request)
        )
    if kept:
        await multipart.read_through(request)
        if kept.content_hash != content_hash.digest(request):
            raise Conflict(idempotency.USED)
        return _replayed(kept)
    try:
        response = await run(request)
    except BaseException:
        async with deps.transaction() as session:
            await idempotency.release(session, user_id=user.id, key=key)
        raise
    answer = _answer(response, content_hash.digest(request))
    async with deps.transaction() as session:
        await idempotency.keep(session, user_id=user.id, key=key, answer=answer)
    return response


async def _hash(request: Request) -> bytes:
    """SHA-256 of method, address and body; an upload's body is hashed while it arrives."""
    target = f"{request.method} {request.url.path}?{request.url.query}"
    body = b"" if request.state.streamed else await request.body()
    return hashlib.sha256(target.encode() + b"\n" + body).digest()


def _answer(response: Response, content: bytes | None = None) -> idempotency.Answer:
    body = json.loads(bytes(response.body)) if response.body else None
    return idempotency.Answer(response.status_code, body, content)


def _replayed(answer: idempotency.Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"}
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)


async def _refuse_null_characters(request: Request) -> None:
    """PostgreSQL's text can't hold U+0000. Raises Malformed."""
    found = "\0" in request.url.path or "%00" in request.url.query
    if not found and not request.state.streamed:
        body = await request.body()
        found = NULL.search(body.decode(json.detect_encoding(body), "replace")) is not None
    if found:
        raise Malformed("Text can't contain the character U+0000.")
