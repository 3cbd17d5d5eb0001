"""A real SMTP server that keeps the messages it accepts."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Event
from typing import Any

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"
ACCEPTED = "250 OK"


@dataclass(slots=True)
class Mailbox:
    """What the server got, by envelope; `replies` refuses recipients by address."""

    port: int = 0
    envelopes: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    data_reply: str = ACCEPTED
    asked: Event = field(default_factory=Event)
    """Whether a recipient was named; it is answered when the `gate` is open."""
    gate: Event | None = None

    @property
    def messages(self) -> list[EmailMessage]:
        return [message for _, message in self.envelopes]

    @property
    def url(self) -> str:
        return f"smtp://{HOST}:{self.port}"

    async def handle_RCPT(  # noqa: N802 - a name of aiosmtpd
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        self.asked.set()
        if self.gate:
            await asyncio.to_thread(self.gate.wait)
        reply = self.replies.get(address, ACCEPTED)
        if reply == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - a name of aiosmtpd
        if self.data_reply == ACCEPTED:
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            self.envelopes.append((list(envelope.rcpt_tos), message))
        return self.data_reply


@contextmanager
def serving(mailbox: Mailbox, **options: Any) -> Iterator[Mailbox]:
    """Listen on the mailbox's port; the first time the system chooses it.

    `options`: of the server, such as its certificate.
    """
    port = mailbox.port or free_port()
    controller = Controller(mailbox, HOST, port, **options)
    controller.start()
    try:
        mailbox.port = controller.port
        yield mailbox
    finally:
        controller.stop()


def free_port() -> int:
    """One that nothing listens on now."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])


async def arrived(mail: Mailbox, number: int) -> bool:
    return len(mail.messages) >= number
