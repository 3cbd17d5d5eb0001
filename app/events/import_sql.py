"""Records events on the psycopg connection of an import, and after a restore."""

import json
from typing import Any

import psycopg

from app.events.payload import NewEvent, columns_of

RENUMBER = b"UPDATE event SET transaction_id = pg_current_xact_id()::text::bigint"
"""Transaction numbers of another server mean nothing: where this one is at lower ones,
the events would not appear in the feed. Positions keep their order."""
_RECORD = b"SELECT refeed_record_events(%s::jsonb)"


def record_event(connection: "psycopg.Connection[Any]", event: NewEvent) -> None:
    """Record one event in the transaction of the connection."""
    connection.execute(_RECORD, [json.dumps(columns_of([event]))])
