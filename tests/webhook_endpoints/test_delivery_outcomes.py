"""What follows an attempt: for its delivery, and for the endpoint."""

from datetime import UTC, datetime, timedelta

import pytest

from app.webhook_endpoints.outcomes import (
    AT_A_TIME,
    FULL_BATCH,
    JITTER,
    LONGEST_PAUSE,
    PATIENCE,
    SLOW,
    Attempt,
    Health,
    after_attempt,
    batch_size,
    code_of,
    health_after,
)

NOW = datetime(2026, 11, 30, tzinfo=UTC)
DAYS = timedelta(days=5)
QUICK = timedelta(milliseconds=20)


def attempt(code: str | None = None, at: datetime = NOW, **more: timedelta) -> Attempt:
    return Attempt(at, more.pop("took", QUICK), code=code, **more)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (200, None),
        (204, None),
        (299, None),
        (301, "redirected"),
        (308, "redirected"),
        (400, "refused"),
        (404, "refused"),
        (410, "gone"),
        (429, "throttled"),
        (500, "server_error"),
        (503, "server_error"),
        (600, "server_error"),
        (101, "server_error"),
    ],
)
def test_only_2xx_is_a_success(status: int, code: str | None):
    assert code_of(status) == code


def test_eight_attempts_take_27_6_hours():
    pauses = []
    for number in range(1, 8):
        state, next_at = after_attempt(number, attempt("refused"), 0.5)
        assert state == "pending"
        pauses.append(next_at - NOW)

    assert after_attempt(8, attempt("refused"), 0.5) == ("failed", NOW)
    assert [pause.total_seconds() for pause in pauses] == [
        *(5, 300, 1800, 7200, 18_000, 36_000, 36_000)
    ]
    assert round(sum(pauses, timedelta(0)) / timedelta(hours=1), 1) == 27.6


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.5, 1.0])
def test_jitter_is_a_tenth_of_the_pause(chance: float):
    _, next_at = after_attempt(2, attempt("refused"), chance)

    least, most = 300 * (1 - JITTER), 300 * (1 + JITTER)
    seconds = (next_at - NOW).total_seconds()
    assert seconds == pytest.approx(least + chance * (most - least))


def test_a_success_ends_the_delivery_at_any_attempt():
    assert {after_attempt(n, attempt(), 0.5)[0] for n in (1, 8, 9)} == {"delivered"}


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (timedelta(seconds=1), 5),
        (timedelta(seconds=90), 90),
        (timedelta(days=9), 3600),
    ],
    ids=["shorter than ours", "longer", "far too long"],
)
def test_retry_after_makes_a_pause_longer(asked: timedelta, seconds: int):
    _, next_at = after_attempt(1, attempt("throttled", retry_after=asked), 0.5)

    assert (next_at - NOW).total_seconds() == seconds


@pytest.mark.parametrize(
    ("failures", "size"), [(0, FULL_BATCH), (1, AT_A_TIME), (7, AT_A_TIME), (8, 1)]
)
def test_an_endpoint_that_fails_is_tried_less(failures: int, size: int):
    assert batch_size(Health(failures=failures)) == size


@pytest.mark.parametrize(
    ("before", "seconds"),
    [(0, None), (6, None), (7, 1), (8, 2), (9, 4), (12, 32), (13, 60), (10**6, 60)],
)
def test_an_endpoint_that_is_down_is_left_alone_for_longer(
    before: int, seconds: int | None
):
    after = health_after(Health(failures=before), [attempt("unreachable")], DAYS)

    pause = after.paused_until - NOW if after.paused_until else None
    assert pause == (timedelta(seconds=seconds) if seconds else None)
    assert timedelta(seconds=60) == LONGEST_PAUSE


def test_one_success_ends_the_failures():
    before = Health(failures=20, failing_since=NOW - DAYS * 2, slow=True)

    assert health_after(before, [attempt("refused"), attempt()], DAYS) == Health()


def test_a_slow_response_makes_an_endpoint_suspect():
    after = health_after(Health(), [attempt(took=SLOW * 1.1)], DAYS)

    assert (after.slow, after.suspect) == (True, True)
    assert not health_after(after, [attempt()], DAYS).suspect


@pytest.mark.parametrize(
    ("since", "disabled"),
    [(None, None), (timedelta(days=4, hours=23), None), (DAYS, "failing")],
)
def test_five_days_of_failures_disable_an_endpoint(
    since: timedelta | None, disabled: str | None
):
    before = Health(failing_since=NOW - since if since else None)

    assert health_after(before, [attempt("refused")], DAYS).disabled == disabled


def test_410_disables_an_endpoint_at_once():
    assert health_after(Health(), [attempt("gone")], DAYS).disabled == "gone"


def test_a_pause_that_the_endpoint_asks_for_holds_for_all_its_events():
    asked = timedelta(seconds=30)

    after = health_after(Health(), [attempt("throttled", retry_after=asked)], DAYS)

    assert after.paused_until == NOW + asked


def test_dropped_requests_make_an_endpoint_suspect_and_are_no_failure():
    before = Health(failures=0, failing_since=None)

    nothing = health_after(before, [], DAYS, dropped=True)
    some = health_after(before, [attempt()], DAYS, dropped=True)

    assert nothing == some == Health(slow=True)


def test_a_slow_endpoint_stays_among_the_suspect_ones():
    """Else its requests would be dropped each time it leaves them."""
    assert SLOW < PATIENCE
