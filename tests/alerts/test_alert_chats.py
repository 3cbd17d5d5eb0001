"""Alerts arrive in chats: only at the services themselves, and without a trace.

The resolver answers with a real TLS server on this machine for the services' hosts;
what the services themselves would answer is not shown.
"""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.alerts.chat import FORMS, is_chat_url
from app.settings import Settings
from tests.alerts.channels import Channels
from tests.alerts.chat_server import HOSTS, ChatServer, chat_serving
from tests.publications.watching import eventually
from tests.support.stack import open_worker

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7"
TOKEN = "TIiajkdnlazkcOXrIdevi7"
URLS = {
    "hooks.slack.com": (SLACK, f"/services/T1JJ3T3L2/A1BRTD4JD/{TOKEN}"),
    "discord.com": (f"discord://4174296/{TOKEN}", f"/api/webhooks/4174296/{TOKEN}"),
    "api.telegram.org": (
        f"tgram://123456789:{TOKEN}/-1001234",
        f"/bot123456789:{TOKEN}/sendMessage",
    ),
    "chat.googleapis.com": (
        f"gchat://AAAAworkspace/theKey-1/{TOKEN}",
        f"/v1/spaces/AAAAworkspace/messages?token={TOKEN}&key=theKey-1",
    ),
}
REFUSED = [
    *("json://evil.example/hook", "xml://evil.example", "form://evil.example"),
    *("mailto://user:pass@evil.example", "gotify://evil.example/token"),
    *("matrix://evil.example", "ntfy://evil.example/topic", "mmost://evil.example/t"),
    *("file:///etc/passwd", "syslog://", "https://hooks.slack.com/services/A/B/C"),
    *(f"{SLACK}?redirect=yes", f"{SLACK}?verify=no", f"{SLACK}/#channel", f"{SLACK}/"),
    *(SLACK.replace("//", "//bot@"), SLACK.replace("slack", "SLACK"), f" {SLACK}"),
    *(f"{SLACK}\n", "slack://T1JJ3T3L2:80/A1BRTD4JD/abcdef", "slack://../../etc12/a"),
    *("slack://T1JJ3T3L2/A1BRTD4JD", "slack://xoxb-1234-1234-abcdef/#general"),
    *("tgram://123456789:abcdefgh", "tgram://123456789:abcdefgh/@name", "slack://"),
    *("gchat://evil.example/theKey/token", "discord://evil.example/token", ""),
    *("workflows://evil.example/a/b", "slack://TÉST12/A1BRTD4JD/abcdef", "slack"),
]


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A server that the names of the services lead to."""
    with chat_serving(tmp_path) as server:
        real = socket.getaddrinfo

        def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
            if host in HOSTS:
                host, port = "127.0.0.1", server.port
            return real(host, port, *more, **named)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate))
        yield server


@pytest.mark.parametrize("host", URLS)
async def test_a_storm_is_one_message_at_the_service_itself(
    channels: Channels, chat: ChatServer, settings: Settings, host: str
):
    url, path = URLS[host]
    await channels.chat(url)
    await channels.record(100, path="/v1/catalogs/" + "1" * 180)

    async with open_worker(settings):
        await channels.sent(0)

    ((asked, at, body),) = chat.requests
    assert (asked, at) == (host, path)
    assert "100 events" in body
    assert "more" in body
    assert len(body) < 2500


@pytest.mark.parametrize("url", REFUSED)
def test_no_other_url_is_accepted(url: str):
    assert not is_chat_url(url)


def test_each_accepted_form_is_tried():
    assert {url.partition(":")[0] for url, _ in URLS.values()} == FORMS.keys()
    assert all(is_chat_url(url) for url, _ in URLS.values())


@pytest.mark.parametrize(
    "body",
    [
        {"url": f"json://evil.example/{TOKEN}"},
        {"url": f"{SLACK}?verify=no"},
        {"url": SLACK, "addresses": ["a@x.example"]},
        {},
        {"kind": "email", "url": SLACK},
    ],
)
async def test_a_refused_chat_is_answered_without_its_url(
    channels: Channels, body: dict[str, Any]
):
    usual = {"kind": "chat", "events": ["catalog.ready"]}
    answer = await channels.api.post(channels.path, json=usual | body)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["code"] in {"chat_refused", "which_target"}
    assert error["accepted"]
    assert TOKEN not in answer.text


async def test_the_url_is_stored_encrypted_and_shown_masked(
    channels: Channels, database_url: str
):
    channel = await channels.chat(SLACK)
    path = f"{channels.path}/{channel['id']}"
    other = await channels.api.patch(path, json={"url": URLS["discord.com"][0]})
    wrong = await channels.api.patch(path, json={"addresses": ["a@x.example"]})
    audit = await channels.api.get("/v1/audit", params={"limit": 100})
    rows = await channels.query("SELECT c::text FROM alert_channel AS c")

    assert channel["url"] == "slack://****"
    assert other.json()["url"] == "discord://****"
    assert wrong.status_code == 422
    assert "discord://**** (replaced)" in audit.text
    for text in (other.text, audit.text, str(rows)):
        assert TOKEN not in text
        assert TOKEN.encode().hex() not in text


async def test_a_chat_that_is_away_gets_it_later_and_the_log_has_no_secret(
    channels: Channels,
    chat: ChatServer,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    chat.status = 503
    channel = await channels.chat(SLACK)
    await channels.record(3)
    async with open_worker(settings):
        await channels.failed(channel, "chat_failed")
        chat.status = 200
        await channels.pass_time("1 hour")
        await channels.sent(0)

    assert len(chat.requests) == 2
    assert all("3 events" in body for _, _, body in chat.requests)
    assert TOKEN not in caplog.text
    assert (await channels.get(channel))["failure"] is None


async def test_a_redirect_is_not_followed(
    channels: Channels, chat: ChatServer, settings: Settings
):
    chat.status = 307
    chat.headers["Location"] = f"https://127.0.0.1:{chat.port}/stolen"
    channel = await channels.chat(SLACK)
    await channels.record()
    async with open_worker(settings):
        await channels.failed(channel, "chat_failed")

    assert [host for host, _, _ in chat.requests] == ["hooks.slack.com"]


async def test_a_chat_that_refuses_for_days_is_disabled(
    channels: Channels, chat: ChatServer, settings: Settings
):
    chat.status = 404
    channel = await channels.chat(SLACK)
    await channels.record()
    async with open_worker(settings):
        await channels.failed(channel, "chat_failed")
        await channels.pass_time("5 days")
        await eventually(lambda: disabled(channels, channel))


async def disabled(channels: Channels, channel: dict[str, Any]) -> bool:
    return bool((await channels.get(channel))["state"] == "disabled")
