"""Meaning of responses and retry delays: tables of values."""

from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.retry import GiveUp, TryAgain
from app.sources.outcomes import Head, PullError, check_head, decide, refusal_of

HOUR = timedelta(hours=1)
SOON = PullError("server_error", "It has trouble.", passes=True)
NEVER = PullError("not_found", "There is nothing.")


def asked_later(**more: int) -> PullError:
    return PullError("throttled", "Later.", passes=True, retry_after=timedelta(**more))


@pytest.mark.parametrize(
    ("failures", "error", "interval", "pause"),
    [
        pytest.param(1, SOON, HOUR * 6, timedelta(minutes=1), id="the first"),
        pytest.param(2, SOON, HOUR * 6, timedelta(minutes=5), id="the second"),
        pytest.param(4, SOON, HOUR * 6, HOUR, id="the fourth"),
        pytest.param(99, SOON, HOUR * 6, HOUR, id="any later one"),
        pytest.param(4, SOON, HOUR / 2, HOUR / 2, id="not later than it is due"),
        pytest.param(1, asked_later(minutes=20), HOUR, HOUR / 3, id="as asked"),
        pytest.param(3, asked_later(seconds=1), HOUR, HOUR / 4, id="not sooner"),
        pytest.param(1, asked_later(days=9), HOUR, HOUR, id="asked for too much"),
    ],
)
def test_transient_failures_are_retried_with_growing_pauses(
    failures: int, error: PullError, interval: timedelta, pause: timedelta
):
    again = TryAgain(pause, error.code, error.message)

    assert decide(failures, error, interval) == again


def test_a_failure_that_does_not_pass_waits_for_its_usual_time():
    assert decide(1, NEVER, HOUR) == GiveUp(NEVER.code, NEVER.message)


@pytest.mark.parametrize(
    ("given", "least", "most"),
    [
        ("120", 120, 120),
        ("0", 0, 0),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0, 0),
        (f"{datetime.now(UTC) + HOUR * 48:%a, %d %b %Y %H:%M:%S GMT}", 1, 172_800),
    ],
    ids=["seconds", "none", "a date that has passed", "a date"],
)
def test_retry_after_is_seconds_or_a_date(given: str, least: int, most: int):
    wait = refusal_of(Head(503, {"retry-after": given})).retry_after

    assert wait is not None
    assert least <= wait.total_seconds() <= most


@pytest.mark.parametrize(
    "given",
    ["", "soon", "-5", "9" * 30, "²", "Dec 9999 -000031 23:59:59 99999999999999"],
)
def test_an_invalid_retry_after_is_ignored(given: str):
    assert refusal_of(Head(429, {"retry-after": given})).retry_after is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/csv; charset=utf-8", "content-length": "10"},
        {"content-type": "application/octet-stream", "content-encoding": "GZIP"},
        {"content-type": "text/plain", "content-encoding": "identity"},
        {"content-length": "nonsense"},
    ],
)
def test_an_answer_that_may_be_a_catalog_is_read(headers: dict[str, str]):
    check_head(Head(200, headers), asked_if_changed=False, limit=10)
