"""The frame with what every signed-in page shows: the member and their credits, live."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from components import formatting, live
from components.dom import El
from components.frame import Width, frame
from pages.server.context import current_user
from services.accounts.users import UserView
from services.credits import ledger
from services.credits.ledger import Balance
from services.deps import Deps


@dataclass(frozen=True, slots=True)
class Shell:
    """Who is signed in, what they have, the heading, and the row beside it for actions."""

    user: UserView
    balance: Balance
    heading: El
    actions: El


@asynccontextmanager
async def shell(
    deps: Deps,
    title: str,
    *,
    intro: str = "",
    heading: bool = True,
    width: Width = "",
    place: str | None = None,
) -> AsyncIterator[Shell]:
    """`frame` for the member of this page. Raises NotSignedIn."""
    user = current_user()
    balance = await _balance(deps, user.id)
    with frame(
        title,
        user=user,
        credits=formatting.credits(balance.available),
        intro=intro,
        heading=heading,
        width=width,
        place=place,
    ) as made:
        _follow_credits(deps, user.id, made.credits)
        yield Shell(user, balance, made.heading, made.actions)


def _follow_credits(deps: Deps, user_id: UUID, label: El) -> None:
    async def show(_: UUID) -> None:
        label.text = formatting.credits((await _balance(deps, user_id)).available)

    live.on("credits", user_id, show)


async def _balance(deps: Deps, user_id: UUID) -> Balance:
    async with deps.reading() as session:
        if found := await ledger.opened(session, user_id=user_id):
            return found
    async with deps.transaction() as session:
        return await ledger.balance(session, user_id=user_id)
