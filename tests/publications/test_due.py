"""When a store's run is due: evenly spread, and never moved by a restart."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.core.columns import new_id
from app.stores.schedule import next_due

IDS = st.uuids()
INTERVALS = st.timedeltas(timedelta(minutes=5), timedelta(days=7))
TIMES = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2040, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


@given(IDS, INTERVALS, TIMES)
def test_the_next_run_is_after_now_and_within_one_interval(store_id, interval, now):
    due = next_due(store_id, interval, now)

    assert now < due <= now + interval


@given(IDS, INTERVALS, TIMES)
def test_the_due_time_does_not_change_before_it_has_passed(store_id, interval, now):
    due = next_due(store_id, interval, now)

    later = now + (due - now) / 2
    assert next_due(store_id, interval, later) == due


@given(IDS, INTERVALS, TIMES)
def test_runs_follow_each_other_by_exactly_one_interval(store_id, interval, now):
    due = next_due(store_id, interval, now)

    assert next_due(store_id, interval, due) == due + interval


@given(IDS)
def test_a_restart_does_not_change_the_phase(store_id: UUID):
    interval = timedelta(hours=2)
    now = datetime(2026, 3, 1, tzinfo=UTC)

    first = next_due(store_id, interval, now)
    years_later = next_due(store_id, interval, now + timedelta(days=1000))

    assert (years_later - first) % interval == timedelta(0)


def test_ten_thousand_stores_are_spread_evenly_over_the_interval():
    interval, now = timedelta(hours=2), datetime(2026, 3, 1, tzinfo=UTC)
    twelfths = [0] * 12

    for _ in range(10_000):
        waits = next_due(new_id(), interval, now) - now
        twelfths[min(11, int(waits / interval * 12))] += 1

    assert min(twelfths) > 600
    assert max(twelfths) < 1100
