"""What an event says, as bytes."""

import json
from datetime import UTC, datetime

from app.core.columns import new_id
from app.events.enums import EventType
from app.events.payload import NewEvent, body_of, columns_of

AT = datetime(2026, 11, 30, 15, 4, 5, 678900, tzinfo=UTC)


def an_event(**more: object) -> NewEvent:
    return NewEvent(
        EventType.ORDER_DUE, new_id(), {"due": "not_accepted", "at": AT}, **more
    )


def test_a_body_has_type_timestamp_and_data():
    store_id = new_id()

    body = json.loads(body_of(an_event(store_id=store_id), AT))

    assert body == {
        "type": "order.due",
        "timestamp": "2026-11-30T15:04:05.678900Z",
        "data": {
            "store_id": str(store_id),
            "due": "not_accepted",
            "at": "2026-11-30T15:04:05.678900Z",
        },
    }


def test_events_have_ids_of_their_own_in_their_order():
    rows = columns_of([an_event() for _ in range(100)])

    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
