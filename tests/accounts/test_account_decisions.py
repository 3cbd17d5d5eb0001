"""What follows an error of a call to Back Market, in a job of a seller account."""

from datetime import timedelta

import pytest

from app.accounts.account_client import AccountPausedError
from app.accounts.account_job import decide
from app.backmarket.errors import (
    BackMarketUnavailableError,
    NotConfiguredError,
    PermissionRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.jobs.retry import ACCOUNT_JOB, PUBLICATION, GiveUp, TryAgain


def seconds(value: int) -> timedelta:
    return timedelta(seconds=value)


@pytest.mark.parametrize(
    ("error", "failures", "backoff", "pause"),
    [
        (BackMarketUnavailableError(), 1, ACCOUNT_JOB, 1),
        (BackMarketUnavailableError(), 5, ACCOUNT_JOB, 60),
        (BackMarketUnavailableError(), 5, PUBLICATION, 30),
        (BackMarketUnavailableError(), 10_000, PUBLICATION, 60),
        (BackMarketUnavailableError(retry_after=seconds(90)), 1, PUBLICATION, 90),
        (ThrottledError(), 1, ACCOUNT_JOB, 10),
        (ThrottledError(), 3, PUBLICATION, 40),
        (ThrottledError(retry_after=seconds(77)), 1, PUBLICATION, 77),
    ],
)
def test_an_error_that_passes_is_tried_again(error, failures, backoff, pause):
    again = TryAgain(seconds(pause), error.code, error.message)

    assert decide(error, failures, backoff) == again


def test_a_paused_account_is_no_failure():
    paused = AccountPausedError(seconds(7))

    again = TryAgain(seconds(7), "throttled", counts=False)
    assert decide(paused, 3, ACCOUNT_JOB) == again


@pytest.mark.parametrize(
    "error", [TokenRefusedError(), PermissionRefusedError(), NotConfiguredError()]
)
def test_an_error_that_no_retry_resolves_ends_the_subject(error):
    assert decide(error, 1, ACCOUNT_JOB) == GiveUp(error.code, error.message)


def test_any_other_error_fails_the_turn():
    with pytest.raises(KeyError):
        decide(KeyError("a defect"), 1, ACCOUNT_JOB)
