"""Answers to what went wrong: JSON for programs, a page in our own look for people."""

import logging
import secrets
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from nicegui import app, ui
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from components.feedback import toast
from components.plain import error_page
from pages.server.traffic import route_of
from services.errors import DomainError, NotSignedIn
from services.kit import database_errors

log = logging.getLogger("likeness.errors")
BROKEN = "This did not work, and it is our fault, not yours. It has been noted; please try again."
SENTENCES = {
    404: "There is nothing at this address. It may have moved, or belong to somebody else.",
    405: "This address does not take that kind of request.",
    413: "This is too large.",
}


def install() -> None:
    """Take over from NiceGUI's own handlers, which build a live page for each 404."""
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(404, _http_error)
    app._exception_handlers[:] = [in_page]  # NiceGUI's own only logs, and the page says nothing


def wants_page(scope: Scope) -> bool:
    """Whether a person looks at the answer: never below /api."""
    accept = Headers(scope=scope).get("accept", "*/*")
    return not scope["path"].startswith("/api/") and "application/json" not in accept


def answer(error: DomainError, scope: Scope) -> Response:
    """A refusal, as JSON or as a page."""
    return _answer(scope, error.status, type(error).__name__, str(error), error.details)


def in_page(error: Exception) -> None:
    """Say on an open page what one of its handlers ran into; what is our fault is logged too."""
    reference = secrets.token_hex(8)
    if not isinstance(error, DomainError):
        log.error("a page's handler failed [%s]", reference, exc_info=error)
        error = database_errors.plain(error) or error
    with suppress(RuntimeError):  # no page: background work
        if isinstance(error, NotSignedIn):
            ui.navigate.to("/login")
        elif isinstance(error, DomainError):
            toast(str(error), danger=True)
        else:
            toast(f"{BROKEN} Reference: {reference}", danger=True)


def _answer(
    scope: Scope, status: int, code: str, message: str, details: dict[str, Any]
) -> Response:
    headers = {}
    if "retry_after" in details:
        headers["Retry-After"] = str(details["retry_after"])
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    reference = scope.get("state", {}).get("request_id", "")
    if wants_page(scope):
        signed_in = scope["state"].get("user") is not None
        return error_page(
            status, _title(status), message, reference, signed_in=signed_in, headers=headers
        )
    body = {"error": code, "message": message, "details": details}
    return JSONResponse(body, status, headers)


def _title(status: int) -> str:
    titles = {404: "Not found", 403: "Not allowed", 429: "One moment", 500: "This did not work"}
    return titles.get(status, HTTPStatus(status).phrase)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101  # registered for this class
    if isinstance(error, NotSignedIn) and wants_page(request.scope):
        return RedirectResponse("/login", 303)
    return answer(error, request.scope)


async def _malformed(request: Request, error: Exception) -> Response:
    """422: the payload is not what the documentation says; the values are not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    fields = [
        {"field": ".".join(str(p) for p in e["loc"][1:]) or str(e["loc"][0]), "problem": e["msg"]}
        for e in error.errors()
    ]
    first = fields[0] if fields else {"field": "body", "problem": "Malformed"}
    message = f"{first['field']}: {first['problem']}."
    return _answer(request.scope, 422, "Malformed", message, {"fields": fields})


async def _http_error(request: Request, error: Exception) -> Response:
    if isinstance(error, DomainError):
        return await _domain_error(request, error)
    status = error.status_code if isinstance(error, HTTPException) else 404
    phrase = HTTPStatus(status).phrase
    message = SENTENCES.get(status, f"{phrase}.")
    response = _answer(request.scope, status, phrase.replace(" ", ""), message, {})
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(_methods(request.scope))
    return response


def _methods(scope: Scope) -> list[str]:
    """What the address takes, on all its routes; Starlette names those of the first one only."""
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(r.matches({**scope, "method": method})[0] is Match.FULL for r in app.routes)
    ]


def broken(error: Exception, scope: Scope) -> Response:
    """500, or 503 where a part is away: what happened goes to the log, under the reference."""
    reference = scope["state"]["request_id"]
    log.error("%s %s failed [%s]", scope["method"], route_of(scope), reference, exc_info=error)
    if reason := database_errors.plain(error):
        return answer(reason, scope)
    return _answer(scope, 500, "Internal", BROKEN, {"reference": reference})
