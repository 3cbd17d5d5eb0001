"""State of an offer, reason and hint: one row per rule."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.explain.facts import Drifted, OfferFacts, OfferState, Refused
from app.explain.states import explain_state

FINE = OfferFacts()
NEW = OfferFacts(listed=False, dirty=True, live_quantity=None)
GONE = OfferFacts(desired_state="absent")
NOON = datetime(2026, 1, 2, 12, 30, tzinfo=UTC)
PRICE = Refused("price", "price too low")
LATER = Refused("refused", "Try again later.", retry_at=NOON)
PRODUCT = Refused("unknown_product", "unknown EAN")

CASES: list[tuple[str, OfferFacts, dict[str, Any], str, str]] = [
    ("accepted as wanted", FINE, {}, "online", "accepted"),
    ("state 2", FINE, {"publication_state": 2}, "online", "accepted"),
    ("no stock", FINE, {"live_quantity": 0}, "sold_out", "quantity is 0"),
    (
        "no stock is why it is offline",
        FINE,
        {"live_quantity": 0, "publication_state": 3},
        "sold_out",
        "quantity is 0",
    ),
    ("state 1", FINE, {"publication_state": 1}, "awaiting_validation", "validate"),
    ("state 0", FINE, {"publication_state": 0}, "offline", "price or a comment"),
    ("state 3", FINE, {"publication_state": 3}, "offline", "offline"),
    ("state 4", FINE, {"publication_state": 4}, "offline", "archived"),
    (
        "too dear for Back Market",
        FINE,
        {
            "live_price": Decimal("500.00"),
            "max_price": Decimal("399.00"),
            "publication_state": 3,
        },
        "offline_price_above_max",
        "500.00 is above 399.00",
    ),
    (
        "as dear as it may be",
        FINE,
        {"live_price": Decimal("399.00"), "max_price": Decimal("399.00")},
        "online",
        "accepted",
    ),
    ("never sent", NEW, {}, "waiting", "is new"),
    (
        "a change that waits",
        FINE,
        {"dirty": True},
        "waiting",
        "It is online; its changes",
    ),
    ("a withdrawal that waits", GONE, {"dirty": True}, "waiting", "taken offline"),
    (
        "no lines left in the hour",
        NEW,
        {"outcome": "deferred", "code": "line_budget"},
        "deferred",
        "line budget",
    ),
    (
        "a lost answer",
        NEW,
        {"outcome": "unconfirmed", "code": "task_timeout"},
        "unconfirmed",
        "did not end in time",
    ),
    ("an old outcome does not count", FINE, {"outcome": "held"}, "online", "accepted"),
    (
        "sold elsewhere",
        GONE,
        {"dirty": True, "outcome": "held", "code": "active_in_sibling_store"},
        "held",
        "Another store",
    ),
    (
        "its product is described first",
        NEW,
        {"refused": PRODUCT, "outcome": "held", "code": "awaiting_product"},
        "held",
        "publication of products",
    ),
    (
        "a store that rests",
        NEW,
        {"store_active": False},
        "store_inactive",
        "not active",
    ),
    (
        "a store that rests and has nothing to send",
        FINE,
        {"store_active": False},
        "online",
        "accepted",
    ),
    ("refused", NEW, {"refused": PRICE}, "in_error", "price too low"),
    (
        "refused in words of ours",
        NEW,
        {"refused": Refused("unknown_product", None)},
        "in_error",
        "does not know the EAN",
    ),
    ("refused for now", NEW, {"refused": LATER}, "retrying", "2026-01-02 12:30 UTC"),
    (
        "refused for now, and due again",
        NEW,
        {"refused": replace(LATER, retry_at=None)},
        "in_error",
        "Try again",
    ),
    (
        "refused too often",
        NEW,
        {"refused": replace(PRICE, times=12, quarantined=True)},
        "quarantined",
        "12 times",
    ),
    (
        "an invalid row",
        FINE,
        {"desired_state": "retained", "problems": ("price: bad",)},
        "invalid",
        "price: bad): what is online stays",
    ),
    (
        "a new invalid row",
        NEW,
        {"desired_state": "retained", "problems": ("price: bad",)},
        "invalid",
        "it is not sold",
    ),
    (
        "an invalid row that is withdrawn",
        GONE,
        {"problems": ("price: bad",)},
        "invalid",
        "it is not sold",
    ),
    (
        "no category",
        GONE,
        {"problems": ("category: x",), "uncategorized": True},
        "uncategorized",
        "not mapped",
    ),
    (
        "left out by a filter",
        GONE,
        {"problems": ("row: x",), "excluded": True},
        "excluded",
        "filter",
    ),
    (
        "a listing of no catalog",
        FINE,
        {"desired_state": "unmatched"},
        "unmatched",
        "left alone",
    ),
    (
        "accepted but not shown",
        FINE,
        {"dirty": True, "drifted": Drifted("quantity", "0", "5", by_hand=False)},
        "unconfirmed",
        "shows quantity 5, not 0, although",
    ),
    (
        "changed by hand and left",
        FINE,
        {"drifted": Drifted("price", "9.90", "8.00", by_hand=True)},
        "drifted",
        "shows price 8.00, not 9.90: it was changed",
    ),
    (
        "a listing that is gone",
        FINE,
        {"dirty": True, "drifted": Drifted("listing", None, None, by_hand=False)},
        "unconfirmed",
        "no longer shows its listing",
    ),
    ("gone and zeroed", GONE, {}, "withdrawn", "set to 0"),
    ("gone before it was online", GONE, {"listed": False}, "absent", "never"),
]


@pytest.mark.parametrize(
    ("facts", "values", "state", "words"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_an_offer_is_in_one_state_for_one_reason(
    facts: OfferFacts, values: dict[str, Any], state: str, words: str
):
    judged = explain_state(replace(facts, **values))

    assert judged.state == state
    assert words in judged.explanation
    assert judged.explanation.strip()
    assert judged.hint.endswith(".")


def test_every_state_is_reachable():
    assert {case[3] for case in CASES} == set(OfferState)
