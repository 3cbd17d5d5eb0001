"""Cases of the after-sales service, in every shape that is known or feared."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from app.backmarket.errors import NotUnderstoodError
from app.backmarket.wire.service_cases import parse_service_cases

CASE: dict[str, Any] = {
    "id": 5000001,
    "client": {"name": "Ada Exemple"},
    "merchant": 42,
    "orderline": 80000001,
    "date_creation": "2026-02-03T21:58:58+01:00",
    "date_modification": "2026-02-04T09:00:00Z",
    "date_last_message": None,
    "date_closed": "",
    "state": 0,
    "lines": [
        {
            "issues": [
                {"customerIssue": "The battery is weak", "tag": "BATTERY"},
                {"customerIssue": "Screen"},
                {"customerIssue": "again", "tag": "BATTERY"},
            ],
            "resolution_choice": "REFUND",
        }
    ],
    "country_code": "fr-fr",
    "backcare": False,
}


def only(entry: Any) -> Any:
    (case,) = parse_service_cases({"results": [entry]}).items
    return case


def test_a_case_is_read():
    case = only(CASE)

    assert (case.id, case.state, case.line, case.order) == (5000001, 0, 80000001, None)
    assert (case.country, case.reasons) == ("FR", ("BATTERY", "Screen"))
    assert case.resolution == "REFUND"
    assert case.created_at == datetime(2026, 2, 3, 20, 58, 58, tzinfo=UTC)
    assert case.last_message_at is case.closed_at is None


def test_no_data_of_the_buyer_is_kept():
    assert "Ada" not in repr(only(CASE))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"id": 8, "order": {"order_id": 7}}, (7, 8)),
        ({"pk": "8", "order": 7}, (7, 8)),
        ({"id": 8, "order_id": "7"}, (7, 8)),
        ("8", (None, 8)),
        (None, (None, None)),
        ([8], (None, None)),
    ],
    ids=["nested", "numbers", "flat", "text", "null", "list"],
)
def test_the_order_line_comes_in_several_shapes(line: Any, found: Any):
    case = only({**CASE, "orderline": line})

    assert (case.order, case.line) == found


@pytest.mark.parametrize("name", sorted(CASE.keys() - {"id"}))
@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "\0\ud800",
        [],
        {},
        -1,
        10**5000,
        math.nan,
        True,
        [[]],
        {"a": []},
        "x" * 9999,
    ],
    ids=range(12),
)
def test_any_value_in_any_field_is_survived(name: str, value: Any):
    assert only({**CASE, name: value}).id == 5000001


def test_entries_without_a_number_are_counted():
    page = parse_service_cases({"results": [CASE, {}, None, 7], "next": None})

    assert (len(page.items), page.unreadable, page.has_next) == (1, 3, False)


@pytest.mark.parametrize("answer", [None, {}, {"results": {}}, "x"], ids=range(4))
def test_an_answer_without_a_list_is_not_understood(answer: Any):
    with pytest.raises(NotUnderstoodError):
        parse_service_cases(answer)


def test_a_change_of_any_field_changes_the_digest():
    changed = only({**CASE, "state": 9})

    assert changed.digest != only(CASE).digest == only(dict(CASE)).digest
