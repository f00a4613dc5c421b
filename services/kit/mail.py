"""Mail through the operator's SMTP server; without SMTP_URL no mail is sent.

Mail carries links that open accounts, so it leaves this machine only by TLS, to a server whose
name its certificate proves, unless SMTP_ALLOW_PLAINTEXT says that the network there is safe.
"""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from services.errors import Unavailable
from services.kit.loopback import is_loopback
from services.settings import Settings

TIMEOUT_SECONDS = 20.0


def enabled(settings: Settings) -> bool:
    """Return whether mail can be sent."""
    return settings.smtp_url is not None


async def send(settings: Settings, *, to: str, subject: str, text: str) -> None:
    """Send one plain-text mail. Raises Unavailable, saying why, if the server did not accept it."""
    if settings.smtp_url is None:
        raise Unavailable("SMTP_URL is not set here, so no mail can be sent.")
    url = urlsplit(settings.smtp_url.get_secret_value())
    message = EmailMessage()
    message["From"] = _sender(settings, url)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=urlsplit(settings.base_url).hostname)
    message.set_content(text)
    here = is_loopback(url.hostname) or url.hostname == "localhost"
    must_encrypt = not (settings.smtp_allow_plaintext or here)
    try:
        await asyncio.to_thread(_deliver, url, message, must_encrypt)
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"The mail server’s certificate is not valid ({error.verify_message})."
        ) from error
    except smtplib.SMTPRecipientsRefused as error:
        (answer,) = error.recipients.values()
        # without its cause, which contains the address and would be logged
        raise Unavailable(
            f"The mail server refused the address: {_reply_in_one_line(*answer, to)}."
        ) from None
    except smtplib.SMTPResponseException as error:
        said = _reply_in_one_line(error.smtp_code, error.smtp_error, to)
        raise Unavailable(f"The mail server refused the mail: {said}.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise Unavailable("The mail server can’t be reached.") from error


def _deliver(url: SplitResult, message: EmailMessage, must_encrypt: bool) -> None:
    with _connected(url, _context(must_encrypt)) as server:
        server.ehlo()
        if url.scheme == "smtp":
            _encrypt(server, _context(must_encrypt), must_encrypt)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(message)


def _connected(url: SplitResult, context: ssl.SSLContext) -> smtplib.SMTP:
    host = url.hostname or ""
    if url.scheme == "smtps":
        port = url.port or 465
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_SECONDS)


def _encrypt(server: smtplib.SMTP, context: ssl.SSLContext, must_encrypt: bool) -> None:
    """Start TLS if the server offers it. Raises Unavailable if TLS is required and not offered."""
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif must_encrypt:
        raise Unavailable(
            "The mail server offers no encryption (STARTTLS), so nothing was sent: use smtps:// in "
            "SMTP_URL, or set SMTP_ALLOW_PLAINTEXT=true if the way to it is safe."
        )


def _context(must_encrypt: bool) -> ssl.SSLContext:
    """Return the TLS settings; where plain text is allowed, accept any certificate.

    A local relay signs its own.
    """
    context = ssl.create_default_context()
    if not must_encrypt:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _reply_in_one_line(code: int, text: bytes | str, address: str) -> str:
    """Return a server's answer in one line, without the address, since the job stores it."""
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(plain.split())}".rstrip(".").replace(address, "...")


def _sender(settings: Settings, url: SplitResult) -> str:
    """Return the sender of every mail.

    `?from=` of SMTP_URL, else the user name if it is an address, else likeness@<our host>.
    """
    named = parse_qs(url.query).get("from", [""])[0]
    user = unquote(url.username or "")
    host = urlsplit(settings.base_url).hostname
    return named or (user if "@" in user else f"Likeness <likeness@{host}>")
