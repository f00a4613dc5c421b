"""Members who went away are told once, where they chose to be, and nobody else can read it."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag

from services.accounts import sessions, users
from services.accounts.sessions import Caller
from services.deps import Deps
from services.errors import Conflict, Invalid
from services.kit import sealing
from services.notifications import choices, ended, web_push
from services.notifications.web_push import Receiver
from services.settings import Settings
from services.studio import generations
from tests.doubles.push import Browser, PushService, push_service, signed_claims
from tests.mailbox import Mailbox
from tests.services.jobs.kit import run_sql
from tests.studio import Studio


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as service:
        yield service


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox, service: PushService) -> Settings:
    return service.serves(mailbox.sends_to(settings))


@pytest.fixture
async def studio(live_deps: Deps, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    """A member who never looks on, so that each ending is told of."""
    for name in ("TOLD_AFTER", "MAILED_AFTER"):
        monkeypatch.setattr(ended, name, getattr(ended, name) * 0)
    studio = await Studio(live_deps).open(name="Anna")
    yield studio
    await studio.close()


async def subscribe(studio: Studio, receiver: Receiver) -> UUID:
    """One more browser of the member is told; the session there."""
    async with studio.deps.transaction() as session:
        user = await users.get(session, user_id=studio.user_id)
        started = await sessions.start(
            session, studio.deps, user=user, caller=Caller("192.0.2.7"), replaces=None
        )
        await choices.subscribe(
            session,
            studio.deps,
            user_id=user.id,
            session_id=started.id,
            receiver=receiver,
        )
    return started.id


async def choose_mail(studio: Studio, **chosen: bool) -> None:
    async with studio.deps.transaction() as session:
        await choices.choose_mail(session, user_id=studio.user_id, **chosen)


async def quiet(studio: Studio) -> None:
    """Works until nothing is left to be sent."""

    async def over() -> bool:
        kinds = "('notify.ended', 'push', 'mail')"
        query = f"select 1 from job_queue where state in ('waiting', 'leased') and kind in {kinds}"
        return not await run_sql(studio.deps, query)

    await studio.until(over)


async def test_pictures_are_told_of_once_in_each_browser_and_by_mail(
    studio: Studio, service: PushService, mailbox: Mailbox
) -> None:
    """While a push service and the mail server are away for a moment."""
    here, there = Browser(service, "here"), Browser(service, "there")
    await subscribe(studio, here.receiver)
    await subscribe(studio, there.receiver)
    await choose_mail(studio, trainings=False, pictures=True)
    service.answers, mailbox.refuse = [503, 201, 429], "451 Try later"
    asked = await studio.generate()

    async def refused() -> bool:
        return bool(await run_sql(studio.deps, "select 1 from job_queue where reason ~ '451'"))

    await studio.until(refused)
    mailbox.refuse = None
    await quiet(studio)
    taken = [*service.requests[1:2], *service.requests[3:]]  # after 503, 201 and 429
    read = {browser.endpoint: _read(browser, taken) for browser in (here, there)}
    said = {
        "title": "Your pictures are ready",
        "body": "Open them in the gallery.",
        "path": "/gallery",
        "tag": f"pictures-{asked.id}",
    }
    assert read == {here.endpoint: [said], there.endpoint: [said]}
    for headers, _ in taken:
        assert headers["Content-Encoding"] == "aes128gcm"
        assert signed_claims(headers["Authorization"])["aud"] == service.origin
    (sent,) = mailbox.mails
    assert sent["Subject"] == "Your pictures are ready"
    assert "/account#notifications" in mailbox.text()


def _read(browser: Browser, requests: list[tuple[dict[str, str], bytes]]) -> list[Any]:
    """What this browser can read of the messages."""
    found = []
    for _, body in requests:
        with contextlib.suppress(InvalidTag):
            found.append(browser.read(body))
    return found


async def test_a_training_is_told_of_and_a_browser_that_is_gone_is_forgotten(
    studio: Studio, service: PushService, mailbox: Mailbox
) -> None:
    browser = Browser(service)
    await subscribe(studio, browser.receiver)
    await choose_mail(studio, trainings=True, pictures=False)
    service.answers = [410]
    await studio.train()
    await studio.trained()
    await quiet(studio)
    (_, body), *_ = service.requests
    assert browser.read(body)["title"] == "“Anna” is trained"
    assert browser.read(body)["path"] == f"/models/{studio.model_id}"
    assert "“Anna” is trained. Make pictures with it now." in mailbox.text()
    await studio.ended((await studio.generate()).id)
    await quiet(studio)
    assert len(service.requests) == 1


async def test_nobody_is_told_who_chose_nothing_signed_out_or_canceled(
    studio: Studio, service: PushService, mailbox: Mailbox
) -> None:
    await studio.ended((await studio.generate()).id)
    assert not await run_sql(studio.deps, "select 1 from job_queue where kind ~ 'notify'")
    session_id = await subscribe(studio, Browser(service).receiver)
    canceled = await studio.generate()
    async with studio.deps.transaction() as session:
        key: dict[str, Any] = {"user_id": studio.user_id, "generation_id": canceled.id}
        await generations.cancel(session, studio.deps, **key)
    asked = await studio.generate()
    async with studio.deps.transaction() as session:
        await sessions.end(session, user_id=studio.user_id, session_id=session_id)
    await studio.ended(asked.id)
    await quiet(studio)
    assert (service.requests, mailbox.mails) == ([], [])


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/push",
        "http://fcm.googleapis.com/plain",
        "https://fcm.googleapis.com.evil.example/x",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "https://[",
    ],
)
async def test_only_push_services_that_the_operator_allows_are_asked(
    deps: Deps, endpoint: str
) -> None:
    settings = Settings(web_push="on")
    assert web_push.is_allowed(settings, "https://fcm.googleapis.com/fcm/send/abc")
    assert web_push.is_allowed(settings, "https://wns2-by3p.notify.windows.com/w/?token=x")
    assert not web_push.is_allowed(settings, endpoint)


async def test_what_no_browser_sends_is_refused(studio: Studio, service: PushService) -> None:
    good = Browser(service).receiver
    for receiver in (
        Receiver("https://evil.example/", good.public_key, good.auth_secret),
        Receiver(good.endpoint, "short", good.auth_secret),
        Receiver(good.endpoint, good.public_key, "é"),
    ):
        with pytest.raises(Invalid):
            await subscribe(studio, receiver)
    studio.deps.settings.web_push = "off"
    with pytest.raises(Conflict):
        await subscribe(studio, good)


async def test_the_key_is_made_once_and_lies_sealed(live_deps: Deps) -> None:
    async with live_deps.transaction() as session:
        first = await web_push.public_key(session, live_deps)
    async with live_deps.transaction() as session:
        assert await web_push.public_key(session, live_deps) == first
    ((sealed,),) = await run_sql(live_deps, "select sealed_key from push_keys")
    assert b"PRIVATE" not in sealed
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(b"another installation's secret...", sealed, purpose=web_push.PURPOSE)
