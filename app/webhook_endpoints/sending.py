"""Sends deliveries to one endpoint: signed, a few at a time, for a limited time."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from standardwebhooks import Webhook

from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.jobs.fence import LeaseLostError
from app.jobs.lease import Lease
from app.sources.fetch import ClientConfig, too_slow
from app.sources.outcomes import PullError, retry_after_of
from app.sources.post import Poster, open_poster
from app.webhook_endpoints.outcomes import AT_A_TIME, Attempt, code_of

TURN = timedelta(seconds=5)
"""After that, a turn starts no further request: other endpoints are waiting."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due, and the bytes to send."""

    event_id: UUID
    attempts: int
    body: bytes


@dataclass(slots=True)
class Turn:
    """The requests of one turn to one endpoint; `done`: attempts by event."""

    config: ClientConfig
    lease: Lease
    url: str
    secrets: Sequence[str]
    timeout: timedelta
    patience: timedelta | None = None
    """Without a response for so long, the requests are dropped; None: never."""
    done: dict[UUID, Attempt] = field(default_factory=dict)
    dropped: bool = False
    started: float = field(default_factory=time.monotonic)

    async def send(self, batch: Sequence[Due]) -> None:
        """Try the batch; `done` has the attempts in the order of their ends.

        Some are not begun, and some are `dropped`: they do not count as attempts.
        """
        waiting = iter(batch)
        try:
            within = self.patience or self.timeout
            async with open_poster(self.config, self.url, within) as poster:
                await self._send_all(poster, waiting)
        except PullError as error:  # there is no address to connect to
            failed = _failure(error, timedelta(0))
            self.done |= {each.event_id: failed for each in [*batch][:AT_A_TIME]}

    async def _send_all(self, poster: Poster, waiting: Iterator[Due]) -> None:
        sending = {
            asyncio.create_task(self._send(poster, waiting)) for _ in range(AT_A_TIME)
        }
        try:
            while sending and not self.dropped:
                ended = len(self.done)
                over, sending = await asyncio.wait(sending, timeout=self._seconds)
                for task in over:
                    task.result()  # raises what is not an answer
                self.dropped = bool(sending) and len(self.done) == ended
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    @property
    def _seconds(self) -> float | None:
        return self.patience.total_seconds() if self.patience else None

    async def _send(self, poster: Poster, waiting: Iterator[Due]) -> None:
        while self._goes_on() and (each := next(waiting, None)):
            self.done[each.event_id] = await self._attempt(poster, each)
            failpoint("delivery.sent")

    def _goes_on(self) -> bool:
        """False once it took long, the first requests failed, or the lease is lost."""
        try:
            self.lease.check()
        except LeaseLostError:  # nothing is recorded then, either
            return False
        ended = self.done.values()
        is_down = len(ended) >= AT_A_TIME and not any(each.ok for each in ended)
        return not is_down and time.monotonic() - self.started < TURN.total_seconds()

    async def _attempt(self, poster: Poster, each: Due) -> Attempt:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.timeout.total_seconds()):
                reply = await poster.post(each.body, self._headers(each))
        except TimeoutError:
            return _failure(too_slow(), _since(begun))
        except PullError as error:
            return _failure(error, _since(begun))
        return Attempt(
            at=utc_now(),
            took=_since(begun),
            status=reply.head.status,
            code=code_of(reply.head.status),
            message=reply.excerpt or None,
            retry_after=retry_after_of(reply.head),
        )

    def _headers(self, each: Due) -> dict[str, str]:
        """Signed with each valid secret, the newest first."""
        now, event_id = utc_now(), str(each.event_id)
        signatures = (
            Webhook(secret).sign(event_id, now, each.body.decode())
            for secret in self.secrets
        )
        return {
            "content-type": "application/json",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _since(begun: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - begun)


def _failure(error: PullError, took: timedelta) -> Attempt:
    return Attempt(utc_now(), took, code=error.code, message=error.message)
