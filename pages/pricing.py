"""/pricing: what the plans give and cost, side by side; plain HTML, from the rows billing uses."""

from fastapi import Request
from fastapi.responses import HTMLResponse
from nicegui import app

from components import formatting, preview_card
from components.dom import el
from components.feedback import banner, table
from components.plain import Plain
from components.plan_card import plan_cards, price
from pages.server.context import visitor
from services.credits import plans
from services.credits.plans import Plan
from services.deps import Deps

PATH = "/pricing"
TITLE = "Plans and prices"
DESCRIPTION = "What each plan of this photo studio gives a month, and what a credit makes."
NOTHING_SOLD = (
    "Nothing is sold on this installation: its operator decides what every member may use, and no "
    "card is asked for."
)
CREDITS = (
    ("One picture", "1 credit", "In any style and format, with words of your own."),
    ("One change to a picture", "1 credit", "Another place or light, a plain background."),
    ("One enlargement", "1 credit", "Two or four times as wide."),
    ("A download", "Free", "In any size and file format."),
    ("A picture that can’t be made", "Free", "Its credit is given back at once."),
)


def register(deps: Deps) -> None:
    """Serve the page."""

    @app.get(PATH, include_in_schema=False)
    async def pricing(request: Request) -> HTMLResponse:
        signed_in = visitor(request) is not None
        offered: list[Plan] = []
        if deps.payments.enabled:
            async with deps.reading() as session:
                offered = [plan for plan in await plans.all_plans(session) if not plan.hidden]
        return _page(deps, offered, signed_in).response()


def _page(deps: Deps, offered: list[Plan], signed_in: bool) -> Plain:
    sign_up = deps.settings.registration == "open"
    card = preview_card.head(
        base_url=deps.settings.base_url, path=PATH, title=TITLE, description=DESCRIPTION
    )
    page = Plain(TITLE, head=card if offered else '<meta name="robots" content="noindex">')
    with page.body(width="landing pricing", doors=True, signed_in=signed_in, sign_up=sign_up):
        with el("header"):
            el("h1", TITLE)
            el("p", "One credit is one picture that you keep.", classes="muted")
        if not offered:
            banner(NOTHING_SOLD)
            return page
        address = "/billing" if signed_in else "/register" if sign_up else "/login"
        plan_cards(offered, choose=address)
        _comparison(deps, offered)
        _credits()
        _pack(deps)
    return page


def _comparison(deps: Deps, offered: list[Plan]) -> None:
    quota = deps.settings.member_quota_bytes
    storage = formatting.size(quota) if quota else "No limit"
    rows = {
        "Price a month": [price(plan.price_cents) for plan in offered],
        "Credits": [_credits_of(plan) for plan in offered],
        "Models": [_models_of(plan) for plan in offered],
        "Training a model": [_training_of(plan) for plan in offered],
        "Storage": [storage] * len(offered),
    }
    with el("section", classes="section"):
        el("h2", "Compared")
        with table("Plans compared", ("", *(plan.title for plan in offered))):
            for name, values in rows.items():
                with el("tr"):
                    el("th", name, scope="row")
                    for value in values:
                        el("td", value, classes="num")


def _credits_of(plan: Plan) -> str:
    if plan.unlimited:
        fair = plan.fair_use_monthly
        return f"Unlimited, fair use {fair:,} a month" if fair else "Unlimited"
    parts = [f"{plan.credits_monthly:,} a month"] if plan.credits_monthly else []
    parts += [f"{plan.credits_once:,} in all"] if plan.credits_once else []
    return ", and ".join(parts) or "None"


def _models_of(plan: Plan) -> str:
    return "Unlimited" if plan.model_slots is None else f"{plan.model_slots:,}"


def _training_of(plan: Plan) -> str:
    cost = plan.training_credits
    return formatting.plural(cost, "credit") if cost else "Included"


def _credits() -> None:
    with el("section", classes="section"):
        el("h2", "What one credit makes")
        with table("What one credit makes", ("", "Price", "")):
            for name, cost, note in CREDITS:
                with el("tr"):
                    el("th", name, scope="row")
                    el("td", cost, classes="num")
                    el("td", note, classes="muted")


def _pack(deps: Deps) -> None:
    credits, price_id = deps.settings.credit_pack_credits, deps.settings.stripe_price_pack
    if not (credits and price_id):
        return
    with el("section", classes="section"):
        el("h2", "Credits without a subscription")
        el(
            "p",
            f"{formatting.plural(credits, 'credit')} in a pack, bought once, under Billing. You "
            "see the price before you pay.",
        )
