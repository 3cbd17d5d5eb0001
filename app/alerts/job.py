"""The job of a channel: one message for all that is pending, then the outcome."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.alerts import mail, secrets
from app.alerts.chat_sending import send_chat
from app.alerts.digest import (
    LISTED,
    LONGEST_CHAT,
    Text,
    digest_text,
    listed,
    trial_text,
)
from app.alerts.disabling import disable
from app.alerts.models import AlertChannel
from app.alerts.outcomes import Health, Result, Step, health_after, next_step
from app.alerts.scheduling import SQL
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.vault import Vault
from app.database import Database
from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.metrics.recording import RECORDER
from app.settings import Settings

log = structlog.get_logger(__name__)

BEHIND_OTHERS = timedelta(seconds=1)
AFTER_CRASHES = timedelta(minutes=5)
MOST_CLAIMED = 50_000
"""Events of one message, so that no transaction takes long."""


@dataclass(frozen=True, slots=True)
class AlertServices:
    """What alerts use; messages are sent in a quarter of a worker's slots at most."""

    settings: Settings
    database: Database
    vault: Vault
    lane: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        slots = max(self.settings.worker_slots // 4, 1)
        object.__setattr__(self, "lane", asyncio.Semaphore(slots))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message, and whom it has reached; `test_at`: it is the test of that time."""

    text: Text
    number: str
    addresses: Sequence[str]
    remaining: Sequence[str] | None
    test_at: Any = None
    chat: SecretStr | None = None
    sealed: bytes | None = None
    """The URL of the chat as it is stored."""

    def is_for(self, channel: AlertChannel) -> bool:
        """Whether the channel still has the target that the message was sent to."""
        same = list(self.addresses) == channel.addresses
        return same and self.sealed == channel.cipher

    @property
    def asked(self) -> Sequence[str]:
        return self.remaining or self.addresses


class AlertJob(Job[Outgoing]):
    """Sends one message; while there is more to send, the job runs again."""

    name = "alert"

    def __init__(self, services: AlertServices) -> None:
        self.services = services

    async def load(self, lease: Lease) -> Outgoing | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            channel = await tx.session.get(AlertChannel, lease.subject_id)
            found = await self._load(tx.session, channel) if channel else None
            if found is None:
                await lease.finish(tx.session)
            return found

    async def _load(
        self, session: AsyncSession, channel: AlertChannel
    ) -> Outgoing | None:
        if channel.state != "enabled":
            return None
        values = {"channel": channel.id, "digest": self.services.settings.alert_digest}
        if channel.test_state == "pending":
            return self._addressed(channel, await _test(session, channel))
        if not await session.scalar(SQL["channel_is_due"], values):
            return None
        return self._addressed(channel, await _claim(session, channel))

    def _addressed(
        self, channel: AlertChannel, message: Outgoing | None
    ) -> Outgoing | None:
        if message is None or channel.kind != "chat":
            return message
        url = secrets.opened(channel, self.services.vault)
        return replace(message, chat=url, sealed=channel.cipher)

    async def work(self, lease: Lease, loaded: Outgoing) -> Snooze | None:
        if self.services.lane.locked():
            return Snooze(BEHIND_OTHERS, idle=True)
        async with self.services.lane:
            lease.check()
            result = await self._send(loaded)
        failpoint("alert.before_record")
        await self._record(lease, loaded, result)
        failpoint("alert.recorded")
        return Snooze(timedelta(0))

    async def _send(self, loaded: Outgoing) -> Result:
        if loaded.chat is not None:
            return await send_chat(loaded.chat, loaded.text)
        server = mail.server_of(self.services.settings)
        one = mail.Mail(loaded.text, loaded.addresses, loaded.asked, loaded.number)
        return await mail.send(server, one)

    async def _record(self, lease: Lease, sent: Outgoing, result: Result) -> None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            channel = await _locked(tx.session, lease.subject_id)
            if channel is None:
                return
            if sent.test_at is not None:
                _record_test(channel, sent, result)
                return
            some = sent.remaining is not None
            step = next_step(sent.asked, result, channel.failures, partial=some)
            if step.done:
                await tx.session.execute(SQL["delete_sent"], {"channel": channel.id})
            elif not sent.is_for(channel):  # replaced meanwhile: the new one gets it
                return
            await self._set_health(tx.session, channel, step)
            outcome = step.code or "sent"
            tx.on_commit.append(partial(RECORDER.alert_message, outcome))
        log.info("alert.sent", done=step.done, code=step.code)

    async def _set_health(
        self, session: AsyncSession, channel: AlertChannel, step: Step
    ) -> None:
        before = Health(channel.failures, channel.failing_since, channel.failure_code)
        now, patience = utc_now(), self.services.settings.webhook_disable_after
        after = health_after(before, step, now, patience)
        channel.failures, channel.failing_since = after.failures, after.failing_since
        channel.failure_code, channel.paused_until = after.code, after.paused_until
        channel.remaining = list(step.remaining) if step.remaining else None
        if step.done:
            channel.last_sent_at = now
        if after.disabled and channel.state == "enabled":
            await disable(session, channel, "refused")

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """A job that failed or crashed its workers is tried again later."""
        log.error("alert.given_up", code=reason.code)
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            channel = await _locked(tx.session, lease.subject_id)
            if channel is not None:
                channel.paused_until = utc_now() + AFTER_CRASHES
                if channel.test_state == "pending":
                    channel.test_state, channel.test_code = "failed", reason.code


async def _locked(session: AsyncSession, channel_id: UUID) -> AlertChannel | None:
    return await session.get(
        AlertChannel,
        channel_id,
        with_for_update={"key_share": True},
        populate_existing=True,
    )


def _record_test(channel: AlertChannel, sent: Outgoing, result: Result) -> None:
    """A test is sent once, whatever comes of it."""
    if channel.test_at != sent.test_at:
        return
    step = next_step(sent.asked, result, 0, partial=False)
    channel.test_state = "failed" if step.code else "sent"
    channel.test_code = step.code


async def _test(session: AsyncSession, channel: AlertChannel) -> Outgoing:
    text, at = trial_text(await _store_name(session, channel)), channel.test_at
    assert at is not None  # noqa: S101 - set with the state
    number = f"test.{at.timestamp():.0f}.{channel.id}"
    return Outgoing(text, number, channel.addresses, None, at)


async def _claim(session: AsyncSession, channel: AlertChannel) -> Outgoing | None:
    values = {"channel": channel.id}
    await session.execute(SQL["claim"], values | {"limit": MOST_CLAIMED})
    counts = (await session.execute(SQL["counts"], values)).all()
    if not counts:
        return None
    first = (
        await session.execute(SQL["first_events"], values | {"limit": LISTED})
    ).all()
    text = digest_text(
        await _store_name(session, channel),
        [(row.type, row.events) for row in counts],
        [listed(row.type, row.occurred_at, row.body) for row in first],
        LONGEST_CHAT if channel.kind == "chat" else None,
    )
    number = f"{first[0].id}.{channel.id}"
    return Outgoing(text, number, channel.addresses, channel.remaining)


async def _store_name(session: AsyncSession, channel: AlertChannel) -> str:
    return str(await session.scalar(SQL["store_name"], {"store": channel.store_id}))
