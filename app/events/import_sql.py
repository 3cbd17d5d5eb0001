"""Records events on the psycopg connection of an import."""

import json
from typing import Any

import psycopg

from app.events.payload import NewEvent, columns_of

_RECORD = b"SELECT refeed_record_events(%s::jsonb)"


def record_event(connection: "psycopg.Connection[Any]", event: NewEvent) -> None:
    """Record one event in the transaction of the connection."""
    connection.execute(_RECORD, [json.dumps(columns_of([event]))])
