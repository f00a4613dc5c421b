"""/api/docs and /api/openapi.json: what this installation's routes take and answer."""

import json
from functools import lru_cache
from typing import Any

from fastapi import Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from nicegui import app

from components import api_reference
from components.plain import Plain
from pages.api.dependencies import DepsDep, api_router
from pages.api.errors import documented
from pages.server import context, cookies
from services.app.version import VERSION

INTRODUCTION = (
    "The same rules as on the pages. Sign in with `Authorization: Bearer <API key>`; keys are made "
    "on the page /account. Errors have one shape, `{error, message, details}`; lists are "
    "`{items, next_cursor}`, and the next page is asked for with `cursor`. Unsafe requests may "
    "carry an `Idempotency-Key`: a repeat within a day gets the first answer, and nothing happens "
    "twice. What belongs to another member is answered as if it did not exist. Calls are limited: "
    "the headers `RateLimit-…` say what is left of a minute, and after a 429 `Retry-After` says "
    "when to go on."
)
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of your choice; a repeat with the same key gets the same answer.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
CONFLICT = {
    "description": documented(409)[409]["description"],
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}
HEADERS = {
    "RateLimit-Limit": "Calls a minute, of the limit that is nearest to its end.",
    "RateLimit-Remaining": "Calls that are left of it.",
    "RateLimit-Reset": "Seconds until the next minute begins; after a 429, until there is room.",
    "Retry-After": "Seconds to wait before the next try.",
}

router = api_router("documentation")


@router.get("/openapi.json", include_in_schema=False)
async def schema(request: Request, deps: DepsDep) -> Response:
    """The OpenAPI 3.1 document."""
    return JSONResponse(document(cookies.name(deps.settings, request.scope)))


@router.get("/docs", include_in_schema=False)
async def reference(request: Request, deps: DepsDep) -> Response:
    """The same for people: a page without scripts of other hosts."""
    api = json.dumps(document(cookies.name(deps.settings, request.scope)))
    home = "/dashboard" if context.visitor(request) else "/"
    return _page(api, deps.settings.base_url, home).response()


@lru_cache(maxsize=4)
def _page(api: str, base_url: str, home: str) -> Plain:
    """Built once: two thousand elements take half a second, in which nobody else is served."""
    page = Plain("API", home=home)
    with page.body(width="reading"):
        api_reference.show(json.loads(api), base_url=base_url)
    return page


def document(cookie: str) -> dict[str, Any]:
    """Everything below /api, as OpenAPI 3.1; `cookie` is the session cookie's name here."""
    if app.openapi_schema is None:  # takes a third of a second, and the routes do not change
        app.openapi_schema = _document()
    schemes = app.openapi_schema["components"]["securitySchemes"]
    named = schemes | {"APIKeyCookie": schemes["APIKeyCookie"] | {"name": cookie}}
    return app.openapi_schema | {
        "components": app.openapi_schema["components"] | {"securitySchemes": named}
    }


def _document() -> dict[str, Any]:
    api = get_openapi(
        title="Likeness", version=VERSION, description=INTRODUCTION, routes=app.routes
    )
    api["paths"] = {path: item for path, item in api["paths"].items() if path.startswith("/api/")}
    api["components"]["headers"] = {
        name: {"description": text, "schema": {"type": "integer", "minimum": 0}}
        for name, text in HEADERS.items()
    }
    for item in api["paths"].values():
        for method, operation in item.items():
            _add_headers(operation["responses"])
            members = any("WorkerKey" not in each for each in operation.get("security", ()))
            if method not in {"get", "head"} and members:
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
                operation["responses"].setdefault("409", CONFLICT)
    return api


def _add_headers(responses: dict[str, Any]) -> None:
    """Say which answers carry what is left of a limit."""
    for status, response in responses.items():
        named = [n for n in HEADERS if status == "429" or n != "Retry-After"]
        if status == "429" or status < "400":
            given = {name: {"$ref": f"#/components/headers/{name}"} for name in named}
            response["headers"] = response.get("headers", {}) | given
