"""One execution of a request with a key, from its claim to its recorded answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog
from fastapi import HTTPException, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from app.core.errors import BadBodyError, ConflictError
from app.core.failpoints import failpoint
from app.core.vault import Vault
from app.database import AWAY, Database, Transaction
from app.idempotency import claims
from app.idempotency.answers import Answer
from app.idempotency.claims import Claim
from app.idempotency.fingerprint import Body

log = structlog.get_logger(__name__)

SMALL_BODY = 1024**2
"""Bytes of a body that is read to its end although the request was refused."""


@dataclass(frozen=True, slots=True)
class Services:
    """What recording an answer needs."""

    database: Database
    vault: Vault
    keep: timedelta


@dataclass(slots=True)
class Attempt:
    """Implements `app.web.idempotent.recorded_route.Recorder`."""

    services: Services
    claim: Claim
    body: Body
    recorded: bool = False

    async def read_body(self) -> None:
        """Read what the route does not read. Raises BadBodyError."""
        try:
            await self.body.read()
        except ClientDisconnect as error:
            raise BadBodyError("The body ended early.") from error

    async def record(self, request: Request, response: Response) -> None:
        """Record the answer in the transaction of the request, or in one of its own.

        Raises ConflictError if another execution has claimed the key since.
        """
        await self.read_body()
        tx: Transaction | None = getattr(request.state, "transaction", None)
        if self.recorded:
            return
        answer = answer_of(response)
        if tx is None:
            async with self.services.database.transaction() as own:
                await self._record(own.session, answer)
        else:
            await self._record(tx.session, answer)

    async def record_in(self, tx: Transaction, response: Response) -> None:
        """Record the answer in the transaction that has the effect.

        The body has been read. Raises ConflictError as `record` does.
        """
        await self._record(tx.session, answer_of(response))

    async def record_error(self, answer: Answer) -> None:
        """Record a refusal: it has no effect that would have to be recorded with it."""
        with suppress(ClientDisconnect, HTTPException):
            await self.body.read(SMALL_BODY)
        if not self.body.complete:
            return
        try:
            async with self.services.database.transaction() as tx:
                await self._record(tx.session, answer)
        except (ConflictError, *AWAY) as error:
            log.info("idempotency.not_recorded", error=type(error).__name__)
            self.recorded = False

    async def _record(self, session: AsyncSession, answer: Answer) -> None:
        given = self.services
        fingerprint = self.body.fingerprint
        await claims.record(
            session, given.vault, self.claim, fingerprint, answer, given.keep
        )
        self.recorded = True
        failpoint("idempotency.recorded")

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """Renew the lease during the block; release the key unless it has an answer."""
        renewal = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])
            if not self.recorded:
                await self._release()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(claims.LEASE.total_seconds() / 3)
            with suppress(*AWAY):
                async with self.services.database.transaction() as tx:
                    await claims.renew(tx.session, self.claim)

    async def _release(self) -> None:
        """If PostgreSQL is away, the lease expires."""
        with suppress(*AWAY):
            async with self.services.database.transaction() as tx:
                await claims.release(tx.session, self.claim)


def answer_of(response: Response) -> Answer:
    return Answer(response.status_code, response.raw_headers, bytes(response.body))
