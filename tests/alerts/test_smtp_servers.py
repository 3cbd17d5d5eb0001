"""Mail servers with TLS and a login: what is sent, what is refused, what is logged.

A real SMTP server with a certificate that the test makes.
"""

import datetime as dt
import logging
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from app.alerts import mail
from app.alerts.digest import Text
from app.alerts.outcomes import Result
from app.settings import Settings
from tests.alerts.certificates import DAY, write_certificate
from tests.alerts.channels import Channels
from tests.alerts.mail_server import Mailbox, serving
from tests.support.stack import open_worker

# Of the server: it does not see that all of a connection is encrypted.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

USER, PASSWORD = "ops", "pass:w/rd-42"
OPS = "ops@shop.example"
LOGIN = "ops:pass%3Aw%2Frd-42@"
WRONG = "ops:other-secret-7@"


@dataclass
class MailServers:
    """Starts servers whose certificate is trusted, unless a test says otherwise."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    logins: list[bytes]

    def start(
        self, mailbox: Mailbox, kind: str, *, trusted: bool = True, ends: dt.timedelta
    ) -> AbstractContextManager[Mailbox]:
        """`kind`: `starttls`, `implicit` or `plain`; a login is needed with TLS."""
        certificate, key = write_certificate(self.folder, ends=ends)
        if trusted:
            self.monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        login = {"authenticator": self.authenticate, "auth_required": True}
        options: dict[str, dict[str, Any]] = {
            "plain": {},
            "starttls": {"tls_context": context, "require_starttls": True, **login},
            "implicit": {"ssl_context": context, "auth_require_tls": False, **login},
        }
        return serving(mailbox, **options[kind])

    def authenticate(self, _server: Any, _session: Any, *given: Any) -> AuthResult:
        _envelope, _mechanism, data = given
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=False)


@pytest.fixture
def servers_with_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MailServers]:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # of the server
    yield MailServers(tmp_path, monkeypatch, [])
    logging.getLogger("mail.log").setLevel(logging.NOTSET)


def server_at(url: str, starttls: str = "required") -> mail.Server | None:
    settings = Settings(
        smtp_url=url, smtp_from="refeed@shop.example", smtp_starttls=starttls
    )
    return mail.server_of(settings)


async def sent_to(url: str, starttls: str = "required") -> Result:
    one = mail.Mail(Text("An alert", "One event.\n"), [OPS], [OPS], "1")
    return await mail.send(server_at(url, starttls), one)


CASES = {
    "starttls with a login": ("starttls", "smtp", LOGIN, {}, None),
    "implicit TLS with a login": ("implicit", "smtps", LOGIN, {}, None),
    "starttls, wrong password": ("starttls", "smtp", WRONG, {}, "smtp_login_refused"),
    "implicit, wrong password": ("implicit", "smtps", WRONG, {}, "smtp_login_refused"),
    "starttls without a login": ("starttls", "smtp", "", {}, "smtp_login_refused"),
    "implicit without a login": ("implicit", "smtps", "", {}, "smtp_login_refused"),
    "starttls, not trusted": (
        *("starttls", "smtp", LOGIN, {"trusted": False}, "smtp_certificate"),
    ),
    "implicit, not trusted": (
        *("implicit", "smtps", LOGIN, {"trusted": False}, "smtp_certificate"),
    ),
    "starttls, expired": (
        *("starttls", "smtp", LOGIN, {"ends": -DAY}, "smtp_certificate"),
    ),
    "implicit, another host": (
        *("implicit", "smtps", LOGIN, {"host": "localhost"}, "smtp_certificate"),
    ),
    "starttls at a server without": ("plain", "smtp", LOGIN, {}, "smtp_unencrypted"),
    "implicit at a server without": ("plain", "smtps", LOGIN, {}, "smtp_unencrypted"),
    "no login, but TLS is required": ("plain", "smtp", "", {}, "smtp_unencrypted"),
}


@pytest.mark.parametrize(
    ("kind", "scheme", "login", "more", "error"), CASES.values(), ids=CASES.keys()
)
async def test_a_mail_server_with_tls_and_a_login(
    servers_with_tls: MailServers,
    kind: str,
    scheme: str,
    login: str,
    more: dict[str, Any],
    error: str | None,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    """Only one that is encrypted and trusted gets the password, and the message."""
    caplog.set_level(logging.DEBUG, "app")
    mailbox, started = Mailbox(), {"ends": DAY} | more
    host = started.pop("host", "127.0.0.1")
    with servers_with_tls.start(mailbox, kind, **started):
        result = await sent_to(f"{scheme}://{login}{host}:{mailbox.port}")

    assert (result.error, dict(result.refused)) == (error, {})
    assert len(mailbox.messages) == (error is None)
    trusted = error in {None, "smtp_login_refused"}
    assert bool(servers_with_tls.logins) == (trusted and bool(login))
    said = caplog.text + "".join(capfd.readouterr())
    assert PASSWORD not in said
    assert "other-secret" not in said


async def test_a_login_that_is_refused_is_shown_and_disables_nothing(
    channels: Channels,
    servers_with_tls: MailServers,
    settings: Settings,
    capfd: pytest.CaptureFixture[str],
):
    """It is the operator's: the event waits for the right password."""
    mailbox, channel = Mailbox(), await channels.create(OPS)
    channels.mailbox = mailbox
    await channels.record()
    with servers_with_tls.start(mailbox, "implicit", ends=DAY):
        values = settings.model_dump()
        wrong = values | {"smtp_url": f"smtps://{WRONG}127.0.0.1:{mailbox.port}"}
        right = values | {"smtp_url": f"smtps://{LOGIN}127.0.0.1:{mailbox.port}"}
        async with open_worker(Settings(**wrong)):
            shown = await channels.failed(channel, "smtp_login_refused")
        await channels.pass_time("6 days")
        async with open_worker(Settings(**right)):
            await channels.sent()

    assert shown["failure"]["message"]
    assert (await channels.get(channel))["state"] == "enabled"
    logged = "".join(capfd.readouterr())
    assert "alert.sent" in logged
    for secret in (PASSWORD, "pass%3Aw", "other-secret"):
        assert secret not in logged
