"""The pause after each failure, for every backoff, and when a job is given up."""

from datetime import timedelta

import psycopg
import pytest

from app.jobs import retry

SECONDS = {
    "JOB": [1, 5, 15, 60, 120, 300, 300],
    "GIVE_UP": [5, 60, 300, 900, 900],
    "ACCOUNT_JOB": [1, 2, 5, 15, 60, 300, 300],
    "PUBLICATION": [1, 2, 5, 15, 30, 60, 60],
    "THROTTLED": [10, 20, 40, 80, 160, 300, 300],
    "CATEGORIES": [60, 300, 900, 3600, 3600],
    "CATALOG_PULL": [60, 300, 900, 3600, 3600],
    "ACCEPTED_ORDER_CHANGE": [2, 5, 15, 60, 300, 900, 900],
    "UNANSWERED_ORDER_CHANGE": [1, 3, 10, 10],
    "OFFER": [300, 600, 1200, 2400, 4800, 9600, 19200, 19200],
    "WEBHOOK": [5, 300, 1800, 7200, 18_000, 36_000, 36_000, 36_000],
    "ALERT": [60, 300, 900, 3600, 3600],
}


def test_every_backoff_is_listed_here():
    named = {name for name, value in vars(retry).items() if _is_backoff(value)}

    assert named == SECONDS.keys()


def _is_backoff(value: object) -> bool:
    return isinstance(value, retry.Backoff)


@pytest.mark.parametrize(
    ("name", "failures", "seconds"),
    [
        (name, failures, seconds)
        for name, pauses in SECONDS.items()
        for failures, seconds in [
            (0, pauses[0]),
            *enumerate(pauses, start=1),
            (10_000, pauses[-1]),
        ]
    ],
)
def test_each_failure_has_its_pause(name, failures, seconds):
    backoff = getattr(retry, name)

    assert backoff.pause(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "retry_after", "seconds"),
    [
        pytest.param(1, 45, 45, id="a longer one counts"),
        pytest.param(3, 5, 40, id="a shorter one does not"),
        pytest.param(1, 900, 900, id="it may exceed the longest pause"),
        pytest.param(2, 0, 20, id="zero"),
    ],
)
def test_retry_after_of_the_server_extends_the_pause(failures, retry_after, seconds):
    pause = retry.THROTTLED.pause(failures, timedelta(seconds=retry_after))

    assert pause == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failures", "gives_up"),
    [(0, False), (1, False), (19, False), (20, True), (21, True)],
)
def test_a_job_is_given_up_at_its_twentieth_failure(failures, gives_up):
    assert retry.JOB.gives_up(failures) is gives_up


def test_only_jobs_order_changes_and_webhooks_are_given_up():
    order_changes = {"ACCEPTED_ORDER_CHANGE", "UNANSWERED_ORDER_CHANGE"}
    endless = SECONDS.keys() - {"JOB", "GIVE_UP", "WEBHOOK"} - order_changes

    assert not any(getattr(retry, name).gives_up(10_000) for name in endless)


def test_a_worker_stops_before_another_may_start():
    lease = timedelta(seconds=15)

    assert 2 * retry.heartbeat(lease) < retry.usable(lease) < lease


@pytest.mark.parametrize(
    ("failures", "decision"),
    [
        (1, retry.TryAgain(timedelta(seconds=5), "code", "message")),
        (4, retry.TryAgain(timedelta(seconds=900), "code", "message")),
        (5, retry.GiveUp("code", "message")),
    ],
)
def test_a_failure_is_followed_by_a_pause_or_by_the_end(failures, decision):
    assert retry.GIVE_UP.decide(failures, "code", "message") == decision


def test_a_decision_respects_the_pause_that_the_server_asked_for():
    later = timedelta(hours=1)

    decision = retry.ACCOUNT_JOB.decide(1, "code", None, later)

    assert decision == retry.TryAgain(later, "code")


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (KeyError("x"), 3),
        (ValueError("x"), 3),
        (psycopg.errors.NotNullViolation(), 20),
        (psycopg.errors.UndefinedColumn(), 3),
        (psycopg.errors.InvalidTextRepresentation(), 3),
        (psycopg.OperationalError(), 20),
        (OSError(), 20),
        (TimeoutError(), 20),
        (RuntimeError(), 20),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_repeats_ends_a_job_sooner(error, attempts):
    lasts = [n for n in range(1, 21) if retry.ends_after(n, error)]

    assert lasts[0] == attempts


@pytest.mark.parametrize(
    ("attempt", "crashes", "reason"),
    [
        (1, 0, None),
        (20, 4, None),
        (21, 0, retry.REPEATED_ERROR),
        (6, 5, retry.WORKER_CRASHED),
        (21, 5, retry.WORKER_CRASHED),
    ],
)
def test_a_job_is_run_again_until_it_was_given_up(attempt, crashes, reason):
    assert retry.given_up(attempt, crashes) == reason


@pytest.mark.parametrize(
    ("attempt", "crashes", "failed"),
    [(20, 0, 0), (6, 5, 0), (21, 0, 1), (21, 5, 1), (23, 5, 3), (8, 7, 2)],
)
def test_claims_beyond_the_last_attempt_are_tries_to_give_up(attempt, crashes, failed):
    assert retry.failed_give_ups(attempt, crashes) == failed


def test_a_job_is_suspect_before_it_is_given_up():
    assert 0 < retry.SUSPECT_CRASHES < retry.MAX_CRASHES
