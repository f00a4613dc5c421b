"""Mail through the operator's SMTP server; without SMTP_URL the product sends none."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from services.errors import Unavailable
from services.settings import Settings

TIMEOUT_SECONDS = 20.0


def enabled(settings: Settings) -> bool:
    """Whether mail can be sent."""
    return settings.smtp_url is not None


async def send(settings: Settings, *, to: str, subject: str, text: str) -> None:
    """Send one plain-text mail. Raises Unavailable if the server does not take it."""
    message = EmailMessage()
    message["From"] = _sender(settings)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(settings.base_url).hostname)
    message.set_content(text)
    try:
        await asyncio.to_thread(_deliver, settings, message)
    except (smtplib.SMTPException, OSError) as error:
        raise Unavailable("The mail server did not take the mail.") from error


def _deliver(settings: Settings, message: EmailMessage) -> None:
    assert settings.smtp_url is not None  # noqa: S101  # `enabled` is asked first
    url = urlsplit(settings.smtp_url.get_secret_value())
    context = ssl.create_default_context()
    host = url.hostname or "localhost"
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, url.port or 465, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        server = smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if url.scheme != "smtps" and server.has_extn("starttls"):
            server.starttls(context=context)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _sender(settings: Settings) -> str:
    """`?from=` of SMTP_URL, else the user name if it is an address, else likeness@<our host>."""
    assert settings.smtp_url is not None  # noqa: S101
    url = urlsplit(settings.smtp_url.get_secret_value())
    named = parse_qs(url.query).get("from", [""])[0]
    user = unquote(url.username or "")
    host = urlsplit(settings.base_url).hostname
    return named or (user if "@" in user else f"Likeness <likeness@{host}>")
