"""Decides when the next run of a store is due, spread over the interval. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def next_due(store_id: UUID, interval: timedelta, now: datetime) -> datetime:
    """The first scheduled time after `now`.

    The offset in the interval is derived from the store's id: thousands of stores are
    spread evenly, and a restart changes no schedule.
    """
    phase = interval * ((store_id.int % 1_000_003) / 1_000_003)
    rounds = (now - EPOCH - phase) // interval + 1
    return EPOCH + phase + rounds * interval
