"""What the gallery is measured against: the least that FastAPI and NiceGUI can do.

`python -m tests.bench.reference PORT DATABASE_URL USER_ID`
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import uvicorn
from fastapi import FastAPI, Request
from nicegui import ui
from psycopg.rows import dict_row

from services.accounts import tokens
from services.storage import signing

PORT, URL, USER_ID = int(sys.argv[1]), sys.argv[2], sys.argv[3]
ROWS = """select id, created_at, generation_id, user_model_id, prompt, preset, seed, width, height,
    encode(thumbhash, 'base64') thumbhash, likeness, favourite, rating, deleted_at, folder
    from generated_images where user_id = %s and deleted_at is null
    order by created_at desc, id desc limit 50"""

SIGNED_IN = """select users.id from sessions join users on users.id = sessions.user_id
    where token_hash = %s and expires_at > now() and last_seen_at > now() - interval '14 days'
    and disabled_at is null"""
SECRET = bytes(32)


@asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[None]:
    """One connection, as one client asks at a time."""
    async with await psycopg.AsyncConnection.connect(URL, autocommit=True) as connection:
        app.state.connection = connection
        yield


app = FastAPI(lifespan=connected)


@app.get("/rows")
async def rows() -> list[dict[str, Any]]:
    """The same 50 rows."""
    cursor = app.state.connection.cursor(row_factory=dict_row)
    await cursor.execute(ROWS, (USER_ID,))
    found: list[dict[str, Any]] = await cursor.fetchall()
    return found


@app.get("/same")
async def same_work(request: Request) -> list[dict[str, Any]]:
    """The same 50 rows of whoever is signed in, with a signed address each, as ours have."""
    connection = app.state.connection
    token = tokens.digest(request.cookies["likeness"])
    ((user_id,),) = await (await connection.execute(SIGNED_IN, (token,))).fetchall()
    cursor = connection.cursor(row_factory=dict_row)
    await cursor.execute(ROWS, (user_id,))
    found: list[dict[str, Any]] = await cursor.fetchall()
    for row in found:
        row["thumb_url"] = signing.sign(SECRET, signing.Grant("GET", row.pop("folder"), 2**31))
    return found


@ui.page("/empty")
def empty() -> None:
    """Nothing at all."""


ui.run_with(app, title="Empty", tailwind=False, gzip_middleware_factory=None)

if __name__ == "__main__":
    uvicorn.run(app, port=PORT, log_level="warning")
