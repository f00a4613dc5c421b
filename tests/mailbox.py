"""A real SMTP server on this machine, and what it was sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr

from services.settings import Settings


class Mailbox(Message):
    """Keeps what it was sent; `refuse` is an answer such as "451 Try later" to every mail."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []
        self.refuse: str | None = None
        self.port = 0

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _: Any
    ) -> str:
        """Takes the address, unless told to refuse."""
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def handle_message(self, message: Any) -> None:
        """One more mail."""
        self.mails.append(cast(EmailMessage, message))

    def text(self) -> str:
        """What the only mail says."""
        (message,) = self.mails
        return cast(bytes, message.get_payload(decode=True)).decode()

    def sends_to(self, settings: Settings) -> Settings:
        """The settings of an operator whose mail server this is."""
        url = SecretStr(f"smtp://127.0.0.1:{self.port}?from=Likeness%20<studio@example.com>")
        return settings.model_copy(update={"smtp_url": url})


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Mailbox]:
    """Serves a mailbox on 127.0.0.1. starttls: offered. tls: spoken from the start."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail", tls_context=starttls), "127.0.0.1", 0, ssl=tls
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
