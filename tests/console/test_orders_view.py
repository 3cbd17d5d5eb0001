"""Decisions of the pages of orders. Pure."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.datastructures import FormData

from app.console.core.forms import Form
from app.console.orders import bulk_view, order_view, view

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ({}, {}),
        ({"state": "due", "country": "FR"}, {"due": "any", "country": "FR"}),
        ({"state": "to_ship", "q": "ada"}, {"state": "to_ship", "q": "ada"}),
        (
            {"from": "2026-11-01", "to": "2026-11-30"},
            {
                "created_from": "2026-11-01T00:00:00Z",
                "created_to": "2026-12-01T00:00:00Z",
            },
        ),
        (
            {"from": "soon", "to": "9999-12-31"},
            {"created_from": "soon"} | {"created_to": "9999-12-31"},
        ),
    ],
    ids=["none", "due", "state", "days", "no days"],
)
def test_filters_of_the_page_are_those_of_the_api(
    query: dict[str, str], asked: dict[str, str]
):
    given = {k: v for k, v in view.api_filters(query).items() if v is not None}

    assert given == asked


def test_due_orders_are_shown_once():
    orders, due = [{"id": "a"}, {"id": "b"}], [{"id": "a"}]

    assert view.others(orders, due) == [{"id": "b"}]


def test_days_without_orders_are_in_the_plot():
    items = [
        {"key": "2026-11-01", "currency": "EUR", "orders": 2},
        {"key": "2026-11-01", "currency": "GBP", "orders": 1},
        {"key": "2026-11-03", "currency": "EUR", "orders": 4},
    ]

    rows, series = view.day_rows({"items": items}, "2026-11-01", "2026-11-03")

    assert rows == [
        ("1 Nov", {"EUR": 2, "GBP": 1}),
        ("2 Nov", {}),
        ("3 Nov", {"EUR": 4}),
    ]
    assert series == [("EUR", "EUR"), ("GBP", "GBP")]


def test_totals_are_of_thirty_days_unless_days_are_given():
    assert view.period({}, NOW) == {"from": "2026-11-01", "to": "2026-11-30"}
    assert view.period({"from": "2026-10-01"}, NOW)["from"] == "2026-10-01"


def test_only_open_orders_can_be_chosen():
    assert view.bulk_action({"state": "to_accept", "outcome": "open"}) == "accept"
    assert view.bulk_action({"state": "to_ship", "outcome": "shipped"}) is None
    assert view.bulk_action({"state": "processed", "outcome": "open"}) is None


def form(*fields: tuple[str, str]) -> Form:
    return Form(FormData(list(fields)))


def test_a_carrier_of_a_row_is_before_the_one_for_all():
    given = form(
        ("order", "a 3 700 Ada, Paris"),
        ("order", "a 3 700 Ada, Paris"),
        ("order", "b 1 701 Bo"),
        ("order", "b x 701 Bo"),
        ("shipper", "DHL"),
        ("shipper_b", "UPS"),
        ("tracking_a", "X1"),
    )

    one, two = bulk_view.chosen_in(given)

    assert bulk_view.with_tracking([one, two]) == [one]
    assert bulk_view.item_of(one, "ship") == {
        "order": "a",
        "version": 3,
        "action": "ship",
        "tracking_number": "X1",
        "shipper": "DHL",
    }
    assert (two.shipper, two.own_shipper) == ("UPS", "UPS")


@pytest.mark.parametrize(
    ("action", "fields", "body"),
    [
        ("accept", [("line", "1"), ("line", "x")], {"lines": [1]}),
        ("ship", [("tracking_number", "X"), ("line", "1")], {"tracking_number": "X"}),
        ("refund", [("return_reason", "21")], {"return_reason": 21}),
        ("refund", [("return_reason", "")], {}),
        (
            "ship",
            [("imei_7", "490"), ("serial_number_7", "S"), ("imei_8", "")],
            {"devices": [{"line": 7, "imei": "490", "serial_number": "S"}]},
        ),
    ],
    ids=["lines", "parcel", "reason", "no reason", "devices"],
)
def test_an_action_has_the_fields_that_were_filled_in(
    action: str, fields: list[tuple[str, str]], body: dict[str, Any]
):
    assert order_view.body_of(action, form(*fields)) == body


def test_the_history_is_newest_first():
    order = dict.fromkeys(("paid_at", "shipped_at", "missing_since", "erased_at"))
    action = {
        "action": "accept",
        "rule": "stock",
        "lines": [1, 2],
        "state": "done",
        "message": None,
        "requested_at": "2026-11-30T10:00:00Z",
        "finished_at": "2026-11-30T10:01:00Z",
    }

    events = order_view.history(
        {**order, "created_at": "2026-11-30T09:00:00Z"}, [action]
    )

    assert [event["text"] for event in events] == [
        "Accept: 2 lines, by the automation stock",
        "Ordered by the buyer",
    ]
