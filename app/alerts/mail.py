"""Sends a message through the operator's SMTP server."""

import asyncio
import smtplib
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

from app.alerts.digest import Text
from app.alerts.outcomes import Result
from app.core.columns import utc_now
from app.settings import Settings

Encryption = Literal["implicit", "required", "offered"]

TIMEOUT = 20.0
"""Seconds for each step of the protocol."""
LONGEST = 90.0
"""Seconds for the whole of it."""
THREADS = 4
PORTS = {"smtp": 25, "smtps": 465}
_POOL = ThreadPoolExecutor(THREADS, thread_name_prefix="smtp")


class UnencryptedError(Exception):
    """The server offers no STARTTLS."""


@dataclass(frozen=True, slots=True, repr=False)
class Server:
    """The operator's SMTP server; it has a password, so it has no `repr`."""

    host: str
    port: int
    encryption: Encryption
    user: str | None
    password: str | None
    sender: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to addresses. `number`: the same if it is sent again."""

    text: Text
    to: Sequence[str]
    asked: Sequence[str]
    number: str


def server_of(settings: Settings) -> Server | None:
    """None: the operator has configured no e-mail."""
    if settings.smtp_url is None or settings.smtp_from is None:
        return None
    parts = urlsplit(settings.smtp_url.get_secret_value())
    return Server(
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        "implicit" if parts.scheme == "smtps" else settings.smtp_starttls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        settings.smtp_from,
    )


async def send(server: Server | None, mail: Mail) -> Result:
    """Send it to the `asked` addresses, in a thread. Errors become codes."""
    if server is None:
        return Result(error="smtp_not_configured")
    loop = asyncio.get_running_loop()
    sending = loop.run_in_executor(_POOL, _send, server, mail)
    try:
        return Result(await asyncio.wait_for(sending, LONGEST))
    except smtplib.SMTPRecipientsRefused as error:
        return Result({a: reply[0] for a, reply in error.recipients.items()})
    except (smtplib.SMTPException, OSError, UnencryptedError) as error:
        return Result(error=code_of(error))


def code_of(error: Exception) -> str:
    """Why no recipient was asked. Replies of the server are not repeated. Pure."""
    match error:
        case UnencryptedError() | smtplib.SMTPNotSupportedError():
            return "smtp_unencrypted"
        case ssl.SSLError():
            return _code_of_tls(error)
        case (
            smtplib.SMTPAuthenticationError()
            | smtplib.SMTPSenderRefused(smtp_code=530)  # it needs one (RFC 4954)
        ):
            return "smtp_login_refused"
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return "smtp_message_refused"
        case _:
            return "smtp_unavailable"


def _code_of_tls(error: ssl.SSLError) -> str:
    """Of other errors than these two: for example, the server does not speak TLS."""
    match error:
        case ssl.SSLCertVerificationError():
            return "smtp_certificate"
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return "smtp_unavailable"
        case _:
            return "smtp_unencrypted"


def compose(server: Server, mail: Mail) -> EmailMessage:
    """Plain text. A header with a line end raises ValueError. Pure but for the time."""
    message = EmailMessage()
    message["From"], message["To"] = server.sender, ", ".join(mail.to)
    message["Subject"] = mail.text.subject
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = f"<{mail.number}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text.body, cte="quoted-printable")
    return message


def _send(server: Server, mail: Mail) -> dict[str, int]:
    """The addresses that were refused, by reply; some were accepted."""
    message = compose(server, mail)
    smtp = _connect(server)
    try:
        if server.user is not None:
            smtp.login(server.user, server.password or "")
        refused = smtp.send_message(message, server.sender, list(mail.asked))
        with suppress(smtplib.SMTPException, OSError):  # it has the message
            smtp.quit()
    finally:
        smtp.close()
    return {address: reply[0] for address, reply in refused.items()}


def _connect(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.encryption == "implicit":
        return smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT, context=context
        )
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        _start_tls(smtp, server, context)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _start_tls(smtp: smtplib.SMTP, server: Server, context: ssl.SSLContext) -> None:
    """Before any login: a password is never sent in clear text."""
    smtp.ehlo_or_helo_if_needed()
    if smtp.has_extn("starttls"):
        smtp.starttls(context=context)
    elif server.encryption == "required" or server.user is not None:
        raise UnencryptedError
