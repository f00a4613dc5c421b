"""Mail leaves this machine by TLS only, unless the operator says that the way is safe."""

import socket
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import SecretStr, ValidationError

from services.errors import Unavailable
from services.kit import mail
from services.settings import Settings
from tests.mailbox import Mailbox, mail_server

NAME = "mail.example.com"
CA = trustme.CA()


def certified(name: str = NAME) -> ssl.SSLContext:
    """What a server shows that has a certificate for `name` from CA."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CA.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that knows where NAME is: another machine, as far as the program can know."""
    real = socket.getaddrinfo

    def look_up(host: Any, *rest: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == NAME else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This machine trusts CA."""
    CA.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
async def plain() -> AsyncIterator[Mailbox]:
    """A server that offers no encryption."""
    async with mail_server() as box:
        yield box


async def send(settings: Settings, url: str, **values: object) -> None:
    settings = settings.model_copy(update={"smtp_url": SecretStr(url), **values})
    await mail.send(settings, to="anna@example.com", subject="Hello", text="A secret link")


@pytest.mark.usefixtures("elsewhere")
async def test_nothing_is_sent_in_clear_to_another_machine(
    settings: Settings, plain: Mailbox
) -> None:
    with pytest.raises(Unavailable, match="SMTP_ALLOW_PLAINTEXT"):
        await send(settings, f"smtp://anna:secret@{NAME}:{plain.port}")
    assert plain.mails == []


@pytest.mark.usefixtures("elsewhere")
async def test_the_operator_may_say_that_the_way_is_safe(
    settings: Settings, plain: Mailbox
) -> None:
    await send(settings, f"smtp://{NAME}:{plain.port}", smtp_allow_plaintext=True)
    assert len(plain.mails) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_same_machine_needs_no_encryption(
    settings: Settings, plain: Mailbox, host: str
) -> None:
    await send(settings, f"smtp://{host}:{plain.port}")
    assert len(plain.mails) == 1


async def test_a_relay_of_this_machine_may_have_any_certificate(settings: Settings) -> None:
    async with mail_server(starttls=certified("snakeoil.example")) as box:
        await send(settings, f"smtp://localhost:{box.port}")
    assert len(box.mails) == 1


@pytest.mark.usefixtures("elsewhere", "trusted")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_goes_out_encrypted(settings: Settings, scheme: str) -> None:
    how = {"smtp": "starttls", "smtps": "tls"}[scheme]
    async with mail_server(**{how: certified()}) as box:
        await send(settings, f"{scheme}://{NAME}:{box.port}")
    assert len(box.mails) == 1


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_that_cannot_prove_its_name_gets_nothing(
    settings: Settings, scheme: str
) -> None:
    how = {"smtp": "starttls", "smtps": "tls"}[scheme]
    async with mail_server(**{how: certified()}) as box:  # this machine does not trust CA
        with pytest.raises(Unavailable, match="certificate"):
            await send(settings, f"{scheme}://{NAME}:{box.port}")
    assert box.mails == []


async def test_a_refusal_says_why_without_the_address(settings: Settings, plain: Mailbox) -> None:
    """What it says is kept with the job, and logged."""
    plain.refuse = "550 5.1.1 <anna@example.com>: no such user"
    with pytest.raises(Unavailable) as refusal:
        await send(settings, f"smtp://127.0.0.1:{plain.port}")
    assert str(refusal.value) == (
        "The mail server refused the address: 550 5.1.1 <...>: no such user."
    )
    logged = "".join(traceback.format_exception(refusal.value))
    assert "SMTPRecipientsRefused" not in logged  # it names the address


@pytest.mark.parametrize("url", ["mail.example.com:587", "https://mail.example.com", "smtp://"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValidationError, match="smtp://user:password@"):
        Settings(smtp_url=SecretStr(url), _env_file=None)  # type: ignore[call-arg]
