"""Alerts arrive by e-mail: one message for a storm, nothing lost."""

import asyncio
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest

from app.events.enums import EventType
from app.settings import Settings
from tests.alerts.channels import Channels
from tests.alerts.mail_server import Mailbox, serving
from tests.events.recorded import data_of
from tests.monitoring.counting import counted
from tests.publications.watching import eventually
from tests.support.shop import open_shop
from tests.support.stack import WorkerProcess, open_worker

NOTICE = "alert_channel.disabled"
MESSAGES = "refeed_alert_messages_total"
OPS, BOSS = "ops@shop.example", "boss@shop.example"


async def test_an_event_becomes_a_message(
    channels: Channels, mail: Mailbox, settings: Settings
):
    channel = await channels.create(OPS, BOSS)
    await channels.record()

    async with open_worker(settings):
        await channels.sent()

    ((to, message),) = mail.envelopes
    assert to == [OPS, BOSS]
    assert message["To"] == f"{OPS}, {BOSS}"
    assert message["From"] == settings.smtp_from
    assert message["Subject"].endswith(": 1 event")
    assert "/v1/catalogs/1" in message.get_content()
    assert "buyer@" not in message.as_string()
    shown = await channels.get(channel)
    assert (shown["failure"], shown["last_sent_at"] is None) == (None, False)


async def test_a_storm_is_one_message(
    channels: Channels, mail: Mailbox, settings: Settings
):
    await channels.create()
    await channels.record(10_000)

    async with open_worker(settings):
        await channels.sent()

    (message,) = mail.messages
    text = message.get_content()
    assert message["Subject"].endswith(": 10000 events")
    assert text.count("/v1/catalogs/1") == 20
    assert "and 9980 more" in text


async def test_nothing_is_lost_while_the_server_is_away(
    channels: Channels, mailbox: Mailbox, settings: Settings
):
    channel = await channels.create()
    (first,) = await channels.record()
    async with open_worker(settings):
        failed = await channels.failed(channel, "smtp_unavailable")
        await channels.record(4)
        await channels.pass_time("10 days")
        await eventually(lambda: attempted(channels, 2))
        with serving(mailbox):
            await channels.pass_time("1 hour")
            await channels.sent(2)

    subjects = [each["Subject"].rpartition(": ")[2] for each in mailbox.messages]
    assert subjects == ["1 event", "4 events"]
    assert first in mailbox.messages[0]["Message-ID"]
    assert failed["next_attempt_at"] > failed["failing_since"]
    shown = await channels.get(channel)
    assert (shown["state"], shown["failure"]) == ("enabled", None)


async def attempted(channels: Channels, times: int) -> bool:
    ((failures,),) = await channels.query("SELECT failures FROM alert_channel")
    return bool(failures >= times)


async def test_a_refused_recipient_does_not_keep_the_others_from_it(
    channels: Channels, mail: Mailbox, settings: Settings
):
    mail.replies[BOSS] = "550 no such user"
    channel = await channels.create(BOSS, OPS)
    await channels.record()

    async with open_worker(settings):
        await channels.sent()

    assert [to for to, _ in mail.envelopes] == [[OPS]]
    shown = await channels.get(channel)
    assert shown["failure"]["code"] == "recipient_refused"
    assert shown["failing_since"] is None


async def test_a_recipient_that_is_delayed_gets_it_later_and_the_others_once(
    channels: Channels, mail: Mailbox, settings: Settings
):
    mail.replies[BOSS] = "451 greylisted"
    channel = await channels.create(BOSS, OPS)
    await channels.record()

    async with open_worker(settings):
        await channels.failed(channel, "recipient_refused")
        mail.replies.clear()
        await channels.pass_time("1 hour")
        await channels.sent(2)

    assert [to for to, _ in mail.envelopes] == [[OPS], [BOSS]]
    assert len({message["Message-ID"] for message in mail.messages}) == 1


async def test_a_channel_whose_recipients_are_refused_for_days_is_disabled(
    channels: Channels, mail: Mailbox, settings: Settings, database_url: str
):
    """Other channels of the store get an event, the channel itself does not."""
    before = [counted(MESSAGES, outcome=o) for o in ("recipients_refused", "sent")]
    mail.replies[OPS] = "550 no such user"
    channel = await channels.create(events=["catalog.ready", NOTICE])
    await channels.create(BOSS, events=[NOTICE])
    await channels.record()
    async with open_worker(settings):
        await channels.failed(channel, "recipients_refused")
        await channels.pass_time("5 days")
        await eventually(lambda: disabled(channels, channel))
        mail.replies.clear()
        await channels.record(3)
        path = f"{channels.path}/{channel['id']}"
        await channels.api.patch(path, json={"enabled": True})
        await channels.sent(2)

    received = {message["To"]: message for message in mail.messages}
    assert received.keys() == {OPS, BOSS}
    for message in mail.messages:
        assert message["Subject"].endswith(": 1 event")
    assert "another alert channel disabled" in received[BOSS].get_content()
    assert path in received[BOSS].get_content()
    assert "catalog imported" in received[OPS].get_content()
    assert (await channels.get(channel))["disabled"] is None
    (notice,) = data_of(database_url, NOTICE)
    assert (notice["alert_channel_id"], notice["reason"]) == (channel["id"], "refused")
    counts = [counted(MESSAGES, outcome=o) for o in ("recipients_refused", "sent")]
    assert [a - b for a, b in zip(counts, before, strict=True)] == [2, 2]


async def test_a_target_that_was_replaced_while_a_message_was_sent_gets_no_other(
    channels: Channels, mailbox: Mailbox, settings: Settings
):
    """Of two addresses one delays it; then both are replaced by a third one."""
    mailbox.replies[OPS] = "450 later"
    mailbox.gate = Event()
    channel = await channels.create(OPS, BOSS)
    await channels.record()
    with serving(mailbox):
        async with open_worker(settings):
            await asyncio.to_thread(mailbox.asked.wait)
            body = {"addresses": ["new@shop.example"]}
            path = f"{channels.path}/{channel['id']}"
            changed = await channels.api.patch(path, json=body)
            mailbox.gate.set()
            await channels.sent(2)

    assert changed.status_code == 200
    assert [to for to, _ in mailbox.envelopes] == [[BOSS], ["new@shop.example"]]
    shown = await channels.get(channel)
    assert (shown["failure"], shown["failing_since"]) == (None, None)


async def test_replaced_addresses_get_the_message_without_a_pause(
    channels: Channels, mail: Mailbox, settings: Settings
):
    mail.replies[OPS] = "550 no such user"
    channel = await channels.create(OPS)
    await channels.record()
    async with open_worker(settings):
        await channels.failed(channel, "recipients_refused")
        body = {"addresses": [BOSS]}
        path = f"{channels.path}/{channel['id']}"
        changed = await channels.api.patch(path, json=body)
        await channels.sent()

    assert (changed.json()["failure"], changed.json()["next_attempt_at"]) == (
        None,
        None,
    )
    assert [to for to, _ in mail.envelopes] == [[BOSS]]


async def disabled(channels: Channels, channel: dict[str, Any]) -> bool:
    shown = await channels.get(channel)
    return shown["disabled"] is not None and shown["disabled"]["code"] == "refused"


@pytest.mark.parametrize("step", ["alert.before_record", "alert.recorded"])
async def test_a_worker_killed_after_sending_loses_nothing(
    channels: Channels,
    mail: Mailbox,
    settings: Settings,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    await channels.create()
    await channels.record(3)
    allowed = {
        "REFEED_SMTP_URL": mail.url,
        "REFEED_SMTP_FROM": str(settings.smtp_from),
        "REFEED_SMTP_STARTTLS": "offered",
        "REFEED_ALERT_DIGEST": "0",
    }
    await asyncio.to_thread(process.crash_at, step, tmp_path / "died", **allowed)
    await channels.record(2)

    async with open_worker(settings):
        await channels.sent(2)

    subjects = [each["Subject"].rpartition(": ")[2] for each in mail.messages]
    twice = ["3 events"] if step == "alert.before_record" else []
    assert subjects == ["3 events", *twice, "2 events"]
    assert len({message["Message-ID"] for message in mail.messages}) == 2


async def test_a_name_with_line_ends_adds_no_header(
    channels: Channels, mail: Mailbox, settings: Settings
):
    await channels.query(
        "UPDATE store SET name = %s", "Étoile\r\nBcc: spam@evil.example\r\n\r\nBuy"
    )
    await channels.create()
    await channels.record(path="/v1/catalogs/1\r\nBcc: spam@evil.example")

    async with open_worker(settings):
        await channels.sent()

    ((to, message),) = mail.envelopes
    assert to == [OPS]
    assert message["Bcc"] is None
    assert message["Subject"].startswith("[refeed] Étoile Bcc: spam@evil.example Buy")


async def test_a_channel_gets_the_types_and_stores_that_it_wants(
    channels: Channels, mail: Mailbox, settings: Settings, sandbox_url: str
):
    shop = channels.shop
    other = await open_shop(shop.api, sandbox_url)
    ((account,),) = await channels.query(
        "SELECT account_id FROM store WHERE id = %s", shop.store_id
    )
    of_account, kind = {"account_id": account}, EventType.ORDER_CREATED
    await channels.create(events=["catalog.ready", "order.created"])
    await channels.record(1)
    await channels.record(1, type=EventType.CATALOG_REJECTED)
    await channels.record(1, store_id=UUID(other.store_id))
    await channels.record(1, type=kind, country="FR", **of_account)
    await channels.record(1, type=kind, country="IT", **of_account)

    async with open_worker(settings):
        await channels.sent()

    (message,) = mail.messages
    assert message["Subject"].endswith(": 2 events")


async def test_a_password_is_not_sent_without_encryption(
    channels: Channels, mail: Mailbox, settings: Settings
):
    channel = await channels.create()
    await channels.record()
    url = mail.url.replace("//", "//user:secret@")
    values = settings.model_dump() | {"smtp_url": url}
    async with open_worker(Settings(**values)):
        await channels.failed(channel, "smtp_unencrypted")

    assert mail.messages == []


async def test_a_test_that_fails_says_why_and_is_not_repeated(
    channels: Channels, mail: Mailbox, settings: Settings
):
    mail.replies[OPS] = "550 no such user"
    channel = await channels.create()
    path = f"{channels.path}/{channel['id']}/test"
    async with open_worker(settings):
        first = await channels.api.post(path)
        again = await channels.api.post(path)
        await eventually(lambda: over(channels, channel))

    assert (first.status_code, again.status_code) == (202, 409)
    assert first.json()["test"]["state"] == "pending"
    shown = await channels.get(channel)
    assert shown["test"]["state"] == "failed"
    assert shown["test"]["failure"]["code"] == "recipients_refused"
    assert shown["failure"] is None


async def over(channels: Channels, channel: dict[str, Any]) -> bool:
    return bool((await channels.get(channel))["test"]["state"] != "pending")
