"""Polling the service, and reporting failed checks."""

import io
import re
from datetime import timedelta

import pytest
from rich.console import Console

from app.demo.api import Api, DemoFailedError
from app.demo.checks import Checks
from app.demo.tables import before_after
from app.demo.waiting import Poller, StoppedError

IMPATIENT = Poller(lambda: False, timedelta(seconds=0.3))


def test_polling_returns_the_final_response():
    answers = iter(["received", "importing", "ready"])

    assert IMPATIENT.until(lambda: next(answers), "ready".__eq__, "it") == "ready"


def test_polling_continues_while_there_is_progress():
    numbers = iter(range(100))

    assert IMPATIENT.until(lambda: next(numbers), (6).__eq__, "counting") == 6


def test_polling_fails_without_progress():
    message = re.escape("publishing: nothing moved for 0 s; the last answer was stuck")

    with pytest.raises(DemoFailedError, match=message):
        IMPATIENT.until(lambda: "stuck", "done".__eq__, "publishing")


def test_polling_ends_when_a_stop_is_requested():
    poller = Poller(stop_requested=lambda: True)

    with pytest.raises(StoppedError):
        poller.until(lambda: "stuck", "done".__eq__, "publishing")


def test_an_unreachable_service_is_a_readable_error():
    with pytest.raises(DemoFailedError, match="GET /v1/stores: no answer"):
        Api("http://127.0.0.1:1").get("/v1/stores")


def test_the_key_is_not_shown_with_the_client():
    assert "secret" not in repr(Api("http://127.0.0.1:1", "secret"))


def test_failed_checks_are_printed_and_kept():
    text = io.StringIO()
    checks = Checks(Console(file=text, width=200))

    checks.same("reasons", {"new": 3}, {"new": 3, "modified": 0})
    checks.same("outcomes", {"accepted": 3}, {"accepted": 2, "rejected": 1})

    assert checks.failed == ["outcomes"]
    assert text.getvalue().splitlines() == [
        "  ok reasons",
        (
            "  WRONG outcomes: expected {'accepted': 3}, "
            "found {'accepted': 2, 'rejected': 1}"
        ),
    ]


def test_a_change_is_rendered_field_by_field():
    assert before_after({"price": "9.00"}, {"price": "8.00", "quantity": 2}) == (
        "price 9.00 -> 8.00, quantity 2"
    )
