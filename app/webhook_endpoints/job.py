"""The delivery job of an endpoint: sends what is due, and records the outcomes."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.core.vault import Vault
from app.database import Database
from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.metrics.recording import RECORDER
from app.settings import Settings
from app.sources.fetch import ClientConfig
from app.webhook_endpoints import secrets
from app.webhook_endpoints.disabling import disable
from app.webhook_endpoints.models import WebhookEndpoint
from app.webhook_endpoints.outcomes import (
    PATIENCE,
    Attempt,
    Health,
    after_attempt,
    batch_size,
    health_after,
)
from app.webhook_endpoints.scheduling import SQL
from app.webhook_endpoints.sending import Due, Turn

log = structlog.get_logger(__name__)

BEHIND_OTHERS = timedelta(seconds=1)
SCANNED = 500
"""Deliveries that are looked at for a batch."""
AFTER_CRASHES = timedelta(minutes=5)
JITTER = random.SystemRandom()
"""Without the state that all of the process shares."""


@dataclass(frozen=True, slots=True)
class DeliveryServices:
    """What deliveries use; requests run in half of a worker's slots at most.

    Endpoints that fail or are slow have a quarter, so that the others always find one.
    """

    settings: Settings
    database: Database
    vault: Vault
    client: ClientConfig
    healthy: asyncio.Semaphore = field(init=False)
    suspect: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        slots = self.settings.worker_slots
        for name, part in (("healthy", slots // 2), ("suspect", slots // 4)):
            object.__setattr__(self, name, asyncio.Semaphore(max(part, 1)))

    def lane(self, health: Health) -> asyncio.Semaphore:
        return self.suspect if health.suspect else self.healthy


@dataclass(frozen=True, slots=True)
class Batch:
    """What is due at an endpoint, and what is needed to send it."""

    url: str
    secrets: Sequence[str]
    health: Health
    due: Sequence[Due]


class DeliverJob(Job[Batch]):
    """Sends one batch; while there is more, the job is released to run again."""

    name = "delivery"

    def __init__(self, services: DeliveryServices) -> None:
        self.services = services

    async def load(self, lease: Lease) -> Batch | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            endpoint = await tx.session.get(WebhookEndpoint, lease.subject_id)
            found = await self._load(tx.session, endpoint) if endpoint else None
            if found is None:
                await lease.finish(tx.session)
            return found

    async def _load(
        self, session: AsyncSession, endpoint: WebhookEndpoint
    ) -> Batch | Snooze | None:
        health, now = health_of(endpoint), utc_now()
        paused = endpoint.paused_until is not None and endpoint.paused_until > now
        if endpoint.state != "enabled" or paused:
            return None
        values = {"endpoint": endpoint.id, "scanned": SCANNED}
        values["limit"] = batch_size(health)
        rows = (await session.execute(SQL["next_batch"], values)).all()
        if not rows:
            more = await session.scalar(SQL["any_due"], {"endpoint": endpoint.id})
            return Snooze(timedelta(0)) if more else None
        due = [Due(row.event_id, row.attempts, row.body.encode()) for row in rows]
        valid = await secrets.valid(session, self.services.vault, endpoint.id)
        return Batch(endpoint.url, valid, health, due)

    async def work(self, lease: Lease, loaded: Batch) -> Snooze | None:
        lane = self.services.lane(loaded.health)
        if lane.locked():
            return Snooze(BEHIND_OTHERS, idle=True)
        async with lane:
            turn = Turn(
                self.services.client,
                lease,
                loaded.url,
                loaded.secrets,
                self.services.settings.webhook_timeout,
                None if loaded.health.suspect else PATIENCE,
            )
            await turn.send(loaded.due)
        failpoint("delivery.before_record")
        await self._record(lease, loaded, turn)
        failpoint("delivery.recorded")
        return Snooze(timedelta(0))

    async def _record(self, lease: Lease, batch: Batch, turn: Turn) -> None:
        done = turn.done
        if not (done or turn.dropped):  # the lease is lost
            return
        patience = self.services.settings.webhook_disable_after
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            await tx.session.execute(
                SQL["record_attempts"],
                {"endpoint": lease.subject_id, "results": _results(batch, done)},
            )
            endpoint = await tx.session.get(
                WebhookEndpoint, lease.subject_id, with_for_update={"key_share": True}
            )
            # How a URL failed that was replaced meanwhile says nothing now.
            if endpoint is not None and endpoint.url == batch.url:
                attempts = list(done.values())
                health = health_after(
                    health_of(endpoint), attempts, patience, dropped=turn.dropped
                )
                await _set_health(tx.session, endpoint, health, attempts)
            outcomes = [each.code or "delivered" for each in done.values()]
            tx.on_commit.append(partial(RECORDER.webhook_attempts, outcomes))
        accepted = sum(each.ok for each in done.values())
        failed = len(done) - accepted
        log.info(
            "delivery.sent", accepted=accepted, failed=failed, dropped=turn.dropped
        )

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """A job that failed or crashed its workers is tried again later."""
        log.error("delivery.given_up", code=reason.code)
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            endpoint = await tx.session.get(
                WebhookEndpoint, lease.subject_id, with_for_update={"key_share": True}
            )
            if endpoint is not None:
                endpoint.paused_until = utc_now() + AFTER_CRASHES


def health_of(endpoint: WebhookEndpoint) -> Health:
    return Health(endpoint.failures, endpoint.failing_since, slow=endpoint.slow)


async def _set_health(
    session: AsyncSession,
    endpoint: WebhookEndpoint,
    health: Health,
    attempts: Sequence[Attempt],
) -> None:
    endpoint.failures = health.failures
    endpoint.failing_since = health.failing_since
    endpoint.paused_until = health.paused_until
    endpoint.slow = health.slow
    if any(each.ok for each in attempts):
        endpoint.last_success_at = attempts[-1].at
    if health.disabled and endpoint.state == "enabled":
        await disable(session, endpoint, health.disabled)


def _results(batch: Batch, done: Mapping[UUID, Attempt]) -> str:
    before = {each.event_id: each.attempts for each in batch.due}
    rows: list[dict[str, Any]] = []
    for event_id, attempt in done.items():
        chance = JITTER.random()
        state, next_at = after_attempt(before[event_id] + 1, attempt, chance)
        rows.append(
            {
                "event_id": str(event_id),
                "state": state,
                "next_attempt_at": next_at.isoformat(),
                "entry": _entry(attempt),
            }
        )
    return json.dumps(rows)


def _entry(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at.isoformat(),
        "ms": round(attempt.took.total_seconds() * 1000),
        "status": attempt.status,
        "code": attempt.code,
        "message": attempt.message,
    }
