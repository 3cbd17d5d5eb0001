"""Requests for service cases stay within Back Market's limits."""

from datetime import UTC, datetime, timedelta

import pytest

from app.orders.service_cases.limits import Clocks, reserve

NOW = datetime(2026, 11, 30, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def made_as_fast_as_allowed(requests: int) -> list[datetime]:
    clocks, now, made = Clocks(), NOW, []
    for _ in range(requests):
        wait, clocks = reserve(clocks, now)
        now += wait
        made.append(now)
    return made


@pytest.mark.parametrize(("window", "limit"), [(MINUTE, 520), (DAY, 4000)])
def test_no_window_has_more_requests_than_allowed(window: timedelta, limit: int):
    made = made_as_fast_as_allowed(9000)

    pairs = list(zip(made, made[limit:], strict=False))
    assert len(pairs) == 9000 - limit
    tolerance = timedelta(milliseconds=1)
    assert min(later - first for first, later in pairs) >= window - tolerance


def test_an_account_that_was_idle_reads_half_of_a_day_within_minutes():
    made = made_as_fast_as_allowed(2000)

    assert made[259] == NOW
    assert made[-1] - NOW < 8 * MINUTE
