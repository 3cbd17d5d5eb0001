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


def test_waiting_ends_with_the_answer_that_is_it():
    answers = iter(["received", "importing", "ready"])

    assert IMPATIENT.until(lambda: next(answers), "ready".__eq__, "it") == "ready"


def test_waiting_lasts_as_long_as_something_moves():
    numbers = iter(range(100))

    assert IMPATIENT.until(lambda: next(numbers), (6).__eq__, "counting") == 6


def test_waiting_gives_up_when_nothing_moves():
    message = re.escape("publishing: nothing moved for 0 s; the last answer was stuck")

    with pytest.raises(DemoFailedError, match=message):
        IMPATIENT.until(lambda: "stuck", "done".__eq__, "publishing")


def test_waiting_ends_when_a_stop_is_requested():
    poller = Poller(stop_requested=lambda: True)

    with pytest.raises(StoppedError):
        poller.until(lambda: "stuck", "done".__eq__, "publishing")


def test_a_service_that_does_not_answer_is_a_sentence():
    with pytest.raises(DemoFailedError, match="GET /v1/stores: no answer"):
        Api("http://127.0.0.1:1").get("/v1/stores")


def test_the_key_is_not_shown_with_the_client():
    assert "secret" not in repr(Api("http://127.0.0.1:1", "secret"))


def test_what_is_not_as_it_must_be_is_said_and_remembered():
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
