"""Reads the outbox."""

import json
from typing import Any

from tests.events.described import described
from tests.support.stack import query


def recorded(database_url: str, *types: str) -> list[dict[str, Any]]:
    """The payloads of all events of these types, or of all, in their order.

    They are as the API document says.
    """
    rows = query(database_url, "SELECT body FROM event ORDER BY position")
    bodies = [json.loads(body) for (body,) in rows]
    found = [body for body in bodies if not types or body["type"] in types]
    return [described(body) for body in found]


def data_of(database_url: str, *types: str) -> list[dict[str, Any]]:
    return [dict(body["data"]) for body in recorded(database_url, *types)]
