"""Alert channels of a shop, seen from both sides, and events recorded for it."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from app.core.columns import new_id
from app.events.enums import EventType
from app.events.payload import NewEvent, columns_of
from tests.alerts.mail_server import Mailbox
from tests.publications.watching import eventually
from tests.support.shop import Shop
from tests.support.stack import query

RECORD = "SELECT refeed_record_events(%s::jsonb)"
LATER = """
UPDATE alert_channel SET paused_until = paused_until - %(time)s::interval,
       failing_since = failing_since - %(time)s::interval,
       last_sent_at = last_sent_at - %(time)s::interval,
       test_at = test_at - %(time)s::interval
"""
EVENTS_LATER = "UPDATE alert_pending SET created_at = created_at - %s::interval"


@dataclass(slots=True)
class Channels:
    """Channels of one shop, whose messages go to one mailbox."""

    shop: Shop
    mailbox: Mailbox
    database_url: str

    @property
    def api(self) -> httpx.AsyncClient:
        return self.shop.api

    @property
    def path(self) -> str:
        return f"/v1/stores/{self.shop.store_id}/alert-channels"

    async def post(self, **body: Any) -> httpx.Response:
        usual = {"addresses": ["ops@shop.example"], "events": ["catalog.ready"]}
        return await self.api.post(self.path, json=usual | body)

    async def create(self, *addresses: str, **body: Any) -> dict[str, Any]:
        if addresses:
            body["addresses"] = list(addresses)
        answer = await self.post(**body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def chat(self, url: str) -> dict[str, Any]:
        body = {"kind": "chat", "url": url, "events": ["catalog.ready"]}
        answer = await self.api.post(self.path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def get(self, channel: dict[str, Any]) -> dict[str, Any]:
        answer = await self.api.get(f"{self.path}/{channel['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def query(self, statement: str, *values: object) -> list[Any]:
        """In a thread: the worker that may hold a row lives on this event loop."""
        return await asyncio.to_thread(query, self.database_url, statement, *values)

    async def record(self, count: int = 1, **more: Any) -> list[str]:
        """So many catalogs are ready; returns the ids of the events."""
        rows = columns_of([self.event(**more) for _ in range(count)])
        await self.query(RECORD, json.dumps(rows))
        return [row["id"] for row in rows]

    def event(
        self,
        type: EventType = EventType.CATALOG_READY,  # noqa: A002 - its name
        path: str = "/v1/catalogs/1",
        **owner: Any,
    ) -> NewEvent:
        owner = owner or {"store_id": UUID(self.shop.store_id)}
        data = {"path": path, "email": "buyer@example.org"}
        return NewEvent(type, new_id(), data, **owner)

    async def pass_time(self, time: str) -> None:
        """What is due later is due earlier by that time."""
        await self.query(LATER.replace("%(time)s", f"'{time}'"))
        await self.query(EVENTS_LATER, time)

    async def pending(self) -> int:
        ((count,),) = await self.query("SELECT count(*) FROM alert_pending")
        return int(count)

    async def sent(self, messages: int = 1) -> None:
        """Until so many messages arrived, and nothing is pending."""

        async def found() -> bool:
            enough = len(self.mailbox.envelopes) >= messages
            return enough and not await self.pending()

        await eventually(found)

    async def failed(self, channel: dict[str, Any], code: str) -> dict[str, Any]:
        """The channel, once an attempt ended so."""

        async def found() -> dict[str, Any] | None:
            shown = await self.get(channel)
            return shown if (shown["failure"] or {}).get("code") == code else None

        return dict(await eventually(found))
