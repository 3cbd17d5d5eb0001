"""Decisions of alerts as tables: addresses, outcomes of attempts, texts."""

from datetime import UTC, datetime, timedelta

import pytest

from app.alerts.digest import LABELS, LISTED, Listed, digest_text, listed, one_line
from app.alerts.outcomes import (
    MOST_PARTIAL,
    Health,
    Result,
    Step,
    health_after,
    is_address,
    next_step,
)
from app.events.enums import EventType
from app.setting_groups.types import is_smtp_url

A, B = "a@shop.example", "b@shop.example"
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAYS = timedelta(days=5)


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("ops@shop.example", True),
        ("o'neil+alerts@mail.shop.example", True),
        ("ops@localhost", False),
        ("Ops <ops@shop.example>", False),
        ("ops@shop.example\r\nBcc: b@evil.example", False),
        ("ops@shop.example\n", False),
        ("ops@shop.example,b@evil.example", False),
        ('"a b"@shop.example', False),
        ("a..b@shop.example", False),
        ("a@-shop.example", False),
        ("a@[127.0.0.1]", False),
        ("é@shop.example", False),
        ("x" * 65 + "@shop.example", False),
        ("x@" + "a." * 130 + "example", False),
        ("", False),
    ],
)
def test_an_address_is_safe_in_a_header(value: str, accepted: bool):  # noqa: FBT001 - a table
    assert is_address(value) is accepted


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("smtp://mail.example:25", True),
        ("smtps://user:p%40ss@mail.example", True),
        ("smtp://mail.example/?tls=0", False),
        ("smtp://mail.example/path", False),
        ("smtp://:25", False),
        ("smtp://mail.example:x", False),
        ("https://mail.example", False),
    ],
)
def test_an_smtp_url_has_a_scheme_a_host_and_maybe_a_login(value: str, accepted: bool):  # noqa: FBT001 - a table
    assert is_smtp_url(value) is accepted


@pytest.mark.parametrize(
    ("result", "failures", "partial", "step"),
    [
        pytest.param(Result(), 3, False, Step(done=True), id="accepted"),
        pytest.param(
            Result(error="smtp_unavailable"),
            0,
            False,
            Step(done=False, code="smtp_unavailable"),
            id="server away",
        ),
        pytest.param(
            Result(error="smtp_unavailable"),
            1,
            True,
            Step(done=False, remaining=(A, B), code="smtp_unavailable"),
            id="server away, others have it",
        ),
        pytest.param(
            Result({A: 550, B: 451}),
            0,
            False,
            Step(done=False, code="recipients_refused"),
            id="all refused",
        ),
        pytest.param(
            Result({B: 550}),
            0,
            False,
            Step(done=True, code="recipient_refused"),
            id="one refused permanently",
        ),
        pytest.param(
            Result({B: 451}),
            0,
            False,
            Step(done=False, remaining=(B,), code="recipient_refused"),
            id="one delayed",
        ),
        pytest.param(
            Result({A: 550, B: 451}),
            MOST_PARTIAL - 1,
            True,
            Step(done=True, code="recipient_refused"),
            id="delayed too often",
        ),
    ],
)
def test_what_follows_an_attempt(
    result: Result,
    failures: int,
    partial: bool,  # noqa: FBT001 - a table
    step: Step,
):
    assert next_step([A, B], result, failures, partial=partial) == step


@pytest.mark.parametrize(
    ("before", "code", "disabled"),
    [
        (Health(), "recipients_refused", False),
        (Health(9, NOW - DAYS, "recipients_refused"), "recipients_refused", True),
        (Health(9, NOW - DAYS, "smtp_unavailable"), "smtp_unavailable", False),
        (Health(9, NOW - DAYS, "smtp_unavailable"), "recipients_refused", False),
    ],
)
def test_only_recipients_that_fail_for_days_disable_a_channel(
    before: Health,
    code: str,
    disabled: bool,  # noqa: FBT001 - a table
):
    after = health_after(before, Step(done=False, code=code), NOW, DAYS)

    assert after.disabled is disabled
    assert after.paused_until is not None
    assert after.paused_until > NOW


def test_every_type_but_the_test_of_endpoints_can_be_an_alert():
    assert LABELS.keys() == set(EventType) - {EventType.ENDPOINT_TEST}


def test_a_digest_counts_all_and_lists_the_first():
    first = [Listed("order.due", NOW, f"/v1/orders/{n}") for n in range(LISTED)]

    text = digest_text("Shop", [("order.due", 30), ("order.created", 2)], first)

    assert text.subject == "[refeed] Shop: 32 events"
    assert "    30  order late" in text.body
    assert text.body.endswith("/v1/orders/19\n  and 12 more\n")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ('"/v1/orders/1"', "/v1/orders/1"),
        ('"https://evil.example"', None),
        ("7", None),
    ],
)
def test_of_an_event_only_a_path_of_the_api_is_shown(path: str, shown: str | None):
    body = f'{{"data": {{"path": {path}, "email": "b@x.example"}}}}'

    assert listed("order.due", NOW, body) == Listed("order.due", NOW, shown)


def test_one_line_has_no_control_characters():
    assert one_line("a\r\nBcc:\tb\x00\u2028c", 80) == "a Bcc: b c"
    assert one_line("x" * 100, 80) == "x" * 80
