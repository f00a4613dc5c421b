"""Pages that refresh themselves under the hands of whoever presses, types or reads on them."""

import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import text

from components import live
from services import jobs
from services.credits import ledger, plan_changes
from services.deps import Deps
from services.kit.notify import publish
from services.payments.off import PaymentsOff
from services.training import user_models
from tests.builders import make_generation, make_user
from tests.pages.driving import signed_in, visit
from tests.studio import Studio
from tests.waiting import eventually


class Shop(PaymentsOff):
    """Something is sold here, but the till does not answer."""

    enabled = True


@pytest.fixture
async def live_deps(live_deps: Deps) -> Deps:
    return dataclasses.replace(live_deps, payments=Shop())


@pytest.fixture
async def studio(live_deps: Deps) -> Studio:
    """An administrator with ten photos of each: a draft, a training, a failed one, a ready one."""
    studio = await Studio(live_deps).open(name="Draft")
    async with live_deps.transaction() as session:
        admin = await make_user(session, role="admin")
        await session.execute(
            text("update users set role = 'admin' where id = :id"), {"id": studio.user_id}
        )
        await plan_changes.set_plan(
            session, user_id=studio.user_id, plan="creator", actor_id=admin.id, reason="A gift"
        )
        await session.execute(
            text("update plans set stripe_price_id = 'price_pro' where name = 'pro'")
        )
        await ledger.balance(session, user_id=studio.user_id)
    return studio


@pytest.fixture
async def page(studio: Studio, chromium: Browser, address: str) -> AsyncIterator[Page]:
    async with signed_in(chromium, address, studio.deps, studio.user_id) as page:
        yield page


async def change(studio: Studio, **values: Any) -> None:
    """The model's row changes, and all pages hear of it."""
    async with studio.deps.transaction() as session:
        if values:
            await _set(session, studio.model_id, values)
        await user_models.changed(session, user_model_id=studio.model_id, user_id=studio.user_id)


async def _set(session: Any, id: UUID, values: dict[str, Any]) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    await session.execute(
        text(f"update user_models set {columns} where id = :id"), values | {"id": id}
    )


@asynccontextmanager
async def pressing(page: Page, target: Locator) -> AsyncIterator[None]:
    """The mouse goes down on the target before the block, and up after it."""
    await target.scroll_into_view_if_needed()
    box = await target.bounding_box()
    assert box
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await page.mouse.down()
    yield
    await page.mouse.up()


async def test_train_right_after_the_name_was_edited(page: Page, studio: Studio) -> None:
    """Leaving the field saves it, which refreshes the page between mouse-down and mouse-up."""
    await visit(page, f"/models/new?draft={studio.model_id}")
    await page.get_by_label("Name", exact=True).fill("Anna")
    async with pressing(page, page.get_by_role("button", name="Train model")):

        async def saved() -> bool:
            return (await studio.model()).name == "Anna"

        await eventually(saved)
        await studio.execute("update plans set training_credits = 7")
        await change(studio)
        await expect(page.get_by_text("Costs 7 credits")).to_be_visible()
    await page.wait_for_url(f"**/models/{studio.model_id}")
    assert (await studio.model()).status == "queued"


async def test_a_press_of_100_ms_while_notices_arrive(page: Page, studio: Studio) -> None:
    await visit(page, f"/models/new?draft={studio.model_id}")
    train = page.get_by_role("button", name="Train model")
    await expect(train).to_be_enabled()

    async def notice(_: Any) -> None:
        await change(studio)

    await page.expose_function("notice", notice)
    await page.evaluate("addEventListener('mousedown', () => { notice(0); notice(0); notice(0); })")
    await train.click(delay=100)
    await page.wait_for_url(f"**/models/{studio.model_id}")


async def test_a_card_of_the_dashboard_is_pressed_while_its_training_goes_on(
    page: Page, studio: Studio
) -> None:
    await change(studio, status="training", stage="training", progress=0.1)
    await visit(page, "/dashboard")
    async with pressing(page, page.locator("a.model-card").first):
        await change(studio, progress=0.42)
        await expect(page.locator(".live .badge")).to_have_text("42\u202f%")
    await page.wait_for_url(f"**/models/{studio.model_id}")


async def test_what_a_finished_model_offers_is_pressed_while_it_is_renamed(
    page: Page, studio: Studio
) -> None:
    await change(studio, status="ready")
    await visit(page, f"/models/{studio.model_id}")
    async with pressing(page, page.get_by_role("link", name="Make images")):
        await change(studio, name="Berta")
        await expect(page.get_by_role("heading", name="Berta is ready")).to_be_visible()
    await page.wait_for_url("**/studio?model=*")


async def dead_job(deps: Deps) -> UUID:
    async with deps.transaction() as session:
        id = await jobs.enqueue(session, kind="note", payload={})
        await session.execute(
            text(
                "update job_queue set state = 'dead', reason = 'It broke.', finished_at = now()"
                " where id = :id"
            ),
            {"id": id},
        )
        await publish(session, topic="job", id=id, user_id=None)
    return id


async def test_a_dead_job_is_retried_while_others_die(page: Page, studio: Studio) -> None:
    id = await dead_job(studio.deps)
    await visit(page, "/admin")
    async with pressing(page, page.get_by_role("button", name="Try again")):
        await dead_job(studio.deps)
        await expect(page.get_by_text("2 jobs given up.")).to_be_visible()
    await expect(page.get_by_text("It is queued again.")).to_be_visible()
    async with studio.deps.transaction() as session:
        state = text("select state from job_queue where id = :id")
        assert await session.scalar(state, {"id": id}) == "waiting"


async def give(studio: Studio, credits: int = 1) -> None:
    async with studio.deps.transaction() as session:
        await ledger.grant(
            session,
            user_id=studio.user_id,
            credits=credits,
            reference=f"gift:{uuid4()}",
            reason="A gift.",
        )


async def test_a_plan_is_chosen_while_credits_move(page: Page, studio: Studio) -> None:
    await visit(page, "/billing")
    async with pressing(page, page.get_by_role("button", name="Choose Pro")):
        await give(studio)
        await expect(page.locator(".facts").get_by_text("201 credits")).to_be_visible()
    await expect(page.get_by_role("alert")).to_be_visible()


async def test_older_movements_stay_when_a_new_one_comes(page: Page, studio: Studio) -> None:
    for _ in range(60):
        await give(studio)
    await visit(page, "/billing")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(30)
    await page.get_by_role("button", name="Show older").click()
    await expect(rows).to_have_count(60)
    await give(studio, 5)
    await expect(rows.first).to_contain_text("+5")
    await expect(rows).to_have_count(61)


# Ideas make room for what is typed, so they are no loss.
PRESSABLE = (
    "a, button:not(.idea), input, textarea, select, summary, [tabindex]:not([tabindex='-1'])"
)
WRITE = """(pressable) => {
    window.kept = [...document.querySelectorAll(pressable)];
    const fields = window.kept.filter((e) => e.matches('textarea, input')
        && ['text', 'search', 'email', 'textarea'].includes(e.type)
        && e.checkVisibility() && !e.readOnly);
    for (const [n, field] of fields.entries()) {
        field.value = field.type === 'search' ? '@example' : `typed ${n}`;
        field.dispatchEvent(new Event('input', { bubbles: true }));
    }
    window.written = fields.map((f) => [f, f.value]);
    (fields[0] ?? window.kept.find((e) => e.checkVisibility())).focus();
    window.focused = document.activeElement;
}"""
LOST = """() => [
    ...window.kept.filter((e) => !e.isConnected).map((e) => e.outerHTML.slice(0, 200)),
    ...window.written.filter(([f, value]) => f.value !== value).map(([f]) => 'emptied ' + f.id),
    ...(window.focused === document.activeElement ? [] : ['the focus']),
]"""

Prepare = Callable[[Studio], Awaitable[str]]


async def _all(studio: Studio) -> None:
    """A training and a generation under way, one that failed, a model that is ready."""
    async with studio.deps.transaction() as session:
        draft = studio.model_id
        for status in ("failed", "ready", "training"):
            studio.model_id = await studio.add_model(session, name=status.title(), status=status)
        assert draft != studio.model_id
        for status in ("running", "failed"):
            await make_generation(
                session,
                user_id=studio.user_id,
                user_model_id=studio.model_id,
                status=status,
                progress=0.2,
            )
    await dead_job(studio.deps)


async def _addresses(studio: Studio) -> dict[str, str]:
    async with studio.deps.transaction() as session:
        found = await user_models.list_(session, studio.deps, user_id=studio.user_id)
    models = {model.name: model.id for model in found.items}
    return {
        "dashboard": "/dashboard",
        "new": "/models/new",
        "draft": f"/models/new?draft={models['Draft']}",
        "failed": f"/models/{models['Failed']}",
        "ready": f"/models/{models['Ready']}",
        "training": f"/models/{models['Training']}",
        "studio": "/studio",
        "account": "/account",
        "billing": "/billing",
        "admin": "/admin",
    }


async def refreshed(page: Page, studio: Studio, credits: int) -> None:
    """Everything changes once, and the page has shown all that it heard of."""
    deps, user_id = studio.deps, studio.user_id
    async with deps.transaction() as session:
        found = await user_models.list_(session, deps, user_id=user_id)
        await session.execute(
            text(
                "update user_models set progress = progress + 0.1, metrics = metrics || "
                """'[{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.4}]'::jsonb"""
            )
        )
        await session.execute(text("update generations set progress = progress + 0.1"))
        for model in found.items:
            await user_models.changed(session, user_model_id=model.id, user_id=user_id)
        for id in await session.scalars(text("select id from generations")):
            await publish(session, topic="generation", id=id, user_id=user_id)
        for topic in ("subscription", "image", "queue"):
            await publish(session, topic=topic, id=user_id, user_id=user_id)
    await dead_job(deps)
    await give(studio)
    await expect(page.get_by_role("link", name=f"{credits} credits")).to_be_visible()
    followers = {
        getattr(callback.func, "__self__", None)
        for event in live._events.values()
        for callback in event.callbacks
    }
    await eventually(lambda: not any(f and (f._busy or f._pending) for f in followers))
    await give(studio)  # what the page shows of this came after everything else
    await expect(page.get_by_role("link", name=f"{credits + 1} credits")).to_be_visible()


@pytest.mark.parametrize(
    "name",
    [
        "dashboard",
        "new",
        "draft",
        "failed",
        "ready",
        "training",
        "studio",
        "account",
        "billing",
        "admin",
    ],
)
async def test_two_refreshes_leave_what_is_pressed_typed_and_focused(
    page: Page, studio: Studio, name: str
) -> None:
    await _all(studio)
    await visit(page, (await _addresses(studio))[name])
    await page.evaluate(WRITE, PRESSABLE)
    await refreshed(page, studio, 201)
    await refreshed(page, studio, 203)
    assert await page.evaluate(LOST) == []
