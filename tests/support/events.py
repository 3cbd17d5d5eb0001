"""Reads server-sent events as a browser does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.patience import PATIENCE
from tests.support.stack import ADMIN_KEY


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    id: str
    data: dict[str, Any]

    @property
    def version(self) -> int:
        return int(self.id.removesuffix("-end"))


@asynccontextmanager
async def watching(
    url: str, path: str, last_seen: str | None = None
) -> AsyncIterator[AsyncIterator[Event]]:
    """A stream of one API process."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    if last_seen is not None:
        headers["Last-Event-ID"] = last_seen
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client,
        client.stream("GET", f"{path}/events", headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


async def all_events(url: str, path: str, last_seen: str | None = None) -> list[Event]:
    """Until the stream closes."""
    async with watching(url, path, last_seen) as events:
        return [event async for event in events]


async def _events(answer: httpx.Response) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
        elif line == "":
            if "event" in fields:
                data = json.loads(fields["data"])
                yield Event(fields["event"], fields["id"], data)
            fields = {}
