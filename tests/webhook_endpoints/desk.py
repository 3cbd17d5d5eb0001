"""Endpoints of a shop, seen from both sides, and events recorded for it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.core.columns import new_id
from app.events.enums import EventType
from app.events.payload import NewEvent, columns_of
from tests.publications.watching import eventually
from tests.support.shop import Shop
from tests.support.stack import query
from tests.webhook_endpoints.consumer import Consumer

RECORD = "SELECT refeed_record_events(%s::jsonb)"
LATER = """
UPDATE event_delivery SET next_attempt_at = next_attempt_at - %s::interval
 WHERE state = 'pending'
"""
ENDPOINTS_LATER = """
UPDATE webhook_endpoint SET paused_until = paused_until - %s::interval,
       failing_since = failing_since - %s::interval
"""


@dataclass(slots=True)
class Endpoints:
    """Endpoints of one shop at one consumer."""

    shop: Shop
    consumer: Consumer
    database_url: str

    @property
    def api(self) -> httpx.AsyncClient:
        return self.shop.api

    async def create(self, path: str = "/events", **body: Any) -> dict[str, Any]:
        """One of the shop's store, unless the body has another owner."""
        if not body.keys() & {"store_ids", "seller_account_id", "all"}:
            body["store_ids"] = [self.shop.store_id]
        body.pop("all", None)
        body = {"url": self.consumer.url(path), **body}
        answer = await self.api.post("/v1/webhook-endpoints", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def path(self, endpoint: dict[str, Any], tail: str = "") -> str:
        return f"/v1/webhook-endpoints/{endpoint['id']}{tail}"

    async def get(self, endpoint: dict[str, Any], tail: str = "") -> dict[str, Any]:
        answer = await self.api.get(self.path(endpoint, tail))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def patch(self, endpoint: dict[str, Any], **body: Any) -> dict[str, Any]:
        answer = await self.api.patch(self.path(endpoint), json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def deliveries(
        self, endpoint: dict[str, Any], **query: str
    ) -> list[dict[str, Any]]:
        """Newest event first."""
        path = self.path(endpoint, "/deliveries")
        answer = await self.api.get(path, params={"limit": "1000", **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def states(self, endpoint: dict[str, Any]) -> list[str]:
        """Of all deliveries, oldest event first."""
        return [d["state"] for d in reversed(await self.deliveries(endpoint))]

    async def ended(self, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
        """All deliveries once none is pending."""

        async def found() -> list[dict[str, Any]]:
            deliveries = await self.deliveries(endpoint)
            pending = any(each["state"] == "pending" for each in deliveries)
            return [] if pending else deliveries

        return list(await eventually(found))

    async def attempted(self, endpoint: dict[str, Any], times: int = 1) -> Any:
        """The newest delivery once it was attempted so often."""

        async def found() -> Any:
            newest, *_ = await self.deliveries(endpoint)
            return newest if newest["attempts"] >= times else None

        return await eventually(found)

    async def query(self, statement: str, *values: object) -> list[Any]:
        """In a thread: the worker that may hold a row lives on this event loop."""
        return await asyncio.to_thread(query, self.database_url, statement, *values)

    async def record(self, *events: NewEvent) -> list[str]:
        """Record events as the service does; returns their ids."""
        rows = columns_of(events)
        await self.query(RECORD, json.dumps(rows))
        return [row["id"] for row in rows]

    async def catalogs(self, count: int = 1) -> list[str]:
        """So many catalogs are ready."""
        return await self.record(*(self.event() for _ in range(count)))

    def event(
        self,
        type: EventType = EventType.CATALOG_READY,  # noqa: A002 - its name
        subject: UUID | None = None,
        number: int = 0,
        **owner: Any,
    ) -> NewEvent:
        owner = owner or {"store_id": UUID(self.shop.store_id)}
        subject = subject or new_id()
        data = {"subject": str(subject), "number": number}
        return NewEvent(type, subject, data, **owner)

    async def pass_time(self, time: str) -> None:
        """What is due later is due earlier by that time."""
        await self.query(LATER, time)
        await self.query(ENDPOINTS_LATER, time, time)

    def received_ids(self, path: str = "/events") -> Sequence[str]:
        return [each.id for each in self.consumer.at(path)]
