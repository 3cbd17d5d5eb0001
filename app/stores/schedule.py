"""When a store's next run is due: its own phase of the interval. Pure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def next_due(store_id: UUID, interval: timedelta, now: datetime) -> datetime:
    """The first moment after `now` in the store's rhythm.

    The phase comes from the store's id: thousands of stores spread evenly over the
    interval, and a restart moves nobody.
    """
    phase = interval * ((store_id.int % 1_000_003) / 1_000_003)
    rounds = (now - EPOCH - phase) // interval + 1
    return EPOCH + phase + rounds * interval
