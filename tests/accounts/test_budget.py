"""The line budget and request rate: tables, and properties for any input."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.budget import (
    HOUR,
    LATEST_ARRIVAL,
    Pace,
    Spend,
    free_lines_at,
    lines_left,
    reserve_of,
    sent_by,
    unreserved_lines,
    used_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def spent(*entries: tuple[float, int]) -> list[Spend]:
    """Lines that were spent so many minutes ago."""
    return [Spend(NOW - timedelta(minutes=ago), lines) for ago, lines in entries]


@pytest.mark.parametrize(
    ("limit", "spends", "left"),
    [
        pytest.param(10, [], 10, id="nothing spent"),
        pytest.param(10, spent((5, 4)), 6, id="what was spent is missing"),
        pytest.param(
            10, spent((5, 4), (59.9, 5)), 1, id="everything of the hour counts"
        ),
        pytest.param(10, spent((60, 4)), 10, id="after exactly an hour it is free"),
        pytest.param(10, spent((90, 9), (1, 1)), 9, id="older spends do not count"),
        pytest.param(10, spent((1, 25)), 0, id="never below nothing"),
    ],
)
def test_lines_left_is_the_limit_without_the_last_hour(limit, spends, left):
    assert lines_left(limit, used_of(spends, NOW)) == left


@pytest.mark.parametrize(
    ("limit", "spends", "wanted", "minutes"),
    [
        pytest.param(10, [], 5, 0, id="lines left now"),
        pytest.param(10, spent((20, 10)), 5, 40, id="when the spend is an hour old"),
        pytest.param(
            100, spent((50, 4), (20, 96)), 3, 10, id="the oldest spend is enough"
        ),
        pytest.param(
            100, spent((50, 4), (20, 96)), 90, 40, id="a tenth of the limit is enough"
        ),
        pytest.param(
            100, spent((20, 96), (50, 4)), 90, 40, id="the order does not matter"
        ),
        pytest.param(
            5, spent((30, 5)), 9, 30, id="a limit under ten waits for one line"
        ),
        pytest.param(
            10, spent((90, 10)), 5, 0, id="what is older than an hour is free"
        ),
    ],
)
def test_free_lines_at_waits_for_a_useful_number_of_lines(
    limit, spends, wanted, minutes
):
    assert free_lines_at(limit, spends, wanted, NOW) == NOW + timedelta(minutes=minutes)


@given(
    limit=st.integers(1, 500),
    entries=st.lists(st.tuples(st.floats(0, 120), st.integers(1, 300)), max_size=20),
    wanted=st.integers(1, 1000),
)
def test_enough_lines_are_free_at_that_time(limit, entries, wanted):
    spends = spent(*entries)

    at = free_lines_at(limit, spends, wanted, NOW)

    assert NOW <= at <= NOW + HOUR
    assert lines_left(limit, used_of(spends, at)) >= min(wanted, max(1, limit // 10))


@pytest.mark.parametrize(
    ("limit", "spends", "left"),
    [
        pytest.param(2000, [], 1980, id="one in a hundred is kept"),
        pytest.param(2000, spent((5, 1980)), 0, id="the rest is used up"),
        pytest.param(2000, spent((5, 1995)), 0, id="and part of what is kept"),
        pytest.param(2000, spent((5, 1000), (6, 5)), 975, id="used by any store"),
        pytest.param(99, [], 99, id="a small limit keeps none"),
    ],
)
def test_other_changes_leave_the_reserve(limit, spends, left):
    assert unreserved_lines(limit, used_of(spends, NOW)) == left
    assert reserve_of(limit) <= limit * 0.02


@pytest.mark.parametrize(
    ("limit", "spends", "queue", "minutes"),
    [
        pytest.param(10, [], [3, 0, 7], [0, None, 0], id="all fits now"),
        pytest.param(10, [], [3, 8], [0, 60], id="what does not fit goes in an hour"),
        pytest.param(10, spent((20, 10)), [5], [40], id="when a spend is an hour old"),
        pytest.param(
            10, spent((20, 4), (50, 4)), [2, 4, 4], [0, 10, 40], id="block by block"
        ),
        pytest.param(10, spent((20, 10)), [10, 11], [40, 160], id="round by round"),
        pytest.param(
            5, spent((20, 8), (50, 2)), [1], [40], id="a limit that was lowered"
        ),
        pytest.param(10, [], [0, 0], [None, None], id="nothing waits"),
        pytest.param(10, [], [95], [540], id="nine hours later"),
    ],
)
def test_the_backlog_has_an_eta(limit, spends, queue, minutes):
    """Each round of an hour is as much longer as lines may take to arrive."""
    found = sent_by(limit, spends, NOW, queue)

    for at, wanted in zip(found, minutes, strict=True):
        if wanted is None:
            assert at is None
            continue
        exact = NOW + timedelta(minutes=wanted)
        assert at is not None
        assert exact <= at <= exact + 10 * LATEST_ARRIVAL


@given(
    limit=st.integers(1, 50),
    entries=st.lists(st.tuples(st.floats(0, 90), st.integers(1, 30)), max_size=12),
    queue=st.lists(st.integers(0, 200), min_size=1, max_size=6),
)
def test_etas_of_lanes_are_in_order_and_never_too_early(limit, entries, queue):
    """The lines that wait before and in a lane fit in by the estimated time."""
    spends = spent(*entries)

    sent_at = sent_by(limit, spends, NOW, queue)

    times = [at for at in sent_at if at]
    assert times == sorted(times)
    for number, at in enumerate(sent_at):
        if at is None:
            continue
        freed = sum(s.lines for s in spends if NOW < s.at + HOUR <= at)
        free = limit - sum(s.lines for s in spends if s.at > NOW - HOUR) + freed
        rounds = (at - NOW) // HOUR
        assert sum(queue[: number + 1]) <= free + rounds * limit + limit


@given(
    requests=st.integers(1, 60),
    gaps=st.lists(
        st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 30)), max_size=150
    ),
)
def test_no_window_of_ten_seconds_sees_more_requests_than_allowed(requests, gaps):
    """Callers ask at any time and wait as long as the answer says."""
    pace, clock, now = Pace(requests), None, NOW
    made: list[datetime] = []
    for gap in gaps:
        now += timedelta(seconds=gap)
        wait, clock = pace.reserve(clock, now)
        made.append(now + wait)

    in_order = sorted(made)
    for first, one_too_many in zip(in_order, in_order[requests:], strict=False):
        assert one_too_many - first >= pace.window - timedelta(milliseconds=1)


@given(requests=st.integers(2, 200), calls=st.integers(1, 400))
def test_the_pace_uses_at_least_half_of_the_limit(requests, calls):
    """A long queue moves on: no caller waits much longer than the limit demands."""
    pace, clock, now = Pace(requests), None, NOW
    for _ in range(calls):
        wait, clock = pace.reserve(clock, now)
        now += wait

    assert now - NOW <= pace.window * 2 * calls / requests
