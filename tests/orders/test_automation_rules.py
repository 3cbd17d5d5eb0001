"""Which new orders are accepted: stock, exclusions, and who comes first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from app.orders.actions.recognition import result_of
from app.orders.actions.transitions import (
    CANCELLED,
    SHIPPED,
    TO_ACCEPT,
    TO_SHIP,
    OrderView,
    PlannedSubmission,
    TransitionResult,
)
from app.orders.automation.rules import (
    AcceptRule,
    LeftReason,
    PendingLine,
    PendingOrder,
    Stock,
    deciding_rule,
    plan_acceptance,
)

FR, DE = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
RULE = AcceptRule(FR, "EUR")
ON_HOLD = 9


def line(
    sku: str | None = "a1", quantity: int = 1, state: int = TO_ACCEPT
) -> PendingLine:
    return PendingLine(state, sku, quantity)


def order(number: int = 1, *lines: PendingLine, **more: Any) -> PendingOrder:
    usual = PendingOrder(
        id=UUID(int=number),
        number=number,
        state=1,
        country="FR",
        price=Decimal(100),
        currency="EUR",
        is_handled=False,
        rule=RULE,
        lines=lines or (line(),),
    )
    return replace(usual, **more)


def stock(units: int, sku: str = "a1", store: UUID = FR, hours: int = 1) -> Any:
    return {(store, sku): Stock(units, NOW - timedelta(hours=hours))}


CASES: list[Any] = [
    pytest.param(order(), stock(1), None, id="the last piece"),
    pytest.param(order(), stock(0), LeftReason.NO_STOCK, id="none left"),
    pytest.param(order(), stock(-1), LeftReason.NO_STOCK, id="sold too often"),
    pytest.param(order(), {}, LeftReason.NO_STOCK, id="not in the catalog"),
    pytest.param(order(), stock(9, store=DE), LeftReason.NO_STOCK, id="other store"),
    pytest.param(
        order(1, line(quantity=2)), stock(1), LeftReason.NO_STOCK, id="two of one"
    ),
    pytest.param(
        order(1, line(), line()), stock(1), LeftReason.NO_STOCK, id="two lines of one"
    ),
    pytest.param(
        order(1, line(), line("b2")),
        stock(9),
        LeftReason.NO_STOCK,
        id="one line of two",
    ),
    pytest.param(
        order(1, line(), line("b2")), stock(1) | stock(1, "b2"), None, id="both lines"
    ),
    pytest.param(
        order(), stock(9, hours=25), LeftReason.STOCK_TOO_OLD, id="stated yesterday"
    ),
    pytest.param(
        order(),
        {(FR, "a1"): Stock(9, None)},
        LeftReason.STOCK_TOO_OLD,
        id="of no known time",
    ),
    pytest.param(order(rule=None), stock(9), LeftReason.NO_RULE, id="off"),
    pytest.param(order(is_handled=True), stock(9), LeftReason.HANDLED, id="handled"),
    pytest.param(order(state=3), stock(9), LeftReason.NOT_ACCEPTABLE, id="accepted"),
    pytest.param(
        order(1, line(), line(state=ON_HOLD)),
        stock(9),
        LeftReason.NOT_ACCEPTABLE,
        id="a line on hold",
    ),
    pytest.param(
        order(1, line(), line("b2", state=TO_SHIP)),
        stock(9),
        LeftReason.NOT_ACCEPTABLE,
        id="a line was accepted",
    ),
    pytest.param(
        order(1, line(), line("b2", state=CANCELLED)),
        stock(1),
        None,
        id="a line cancelled",
    ),
    pytest.param(
        order(1, line(state=CANCELLED)),
        stock(9),
        LeftReason.NOT_ACCEPTABLE,
        id="cancelled",
    ),
    pytest.param(order(1, line(None)), {}, LeftReason.NOT_ACCEPTABLE, id="without SKU"),
    pytest.param(
        order(1, line(quantity=0)), stock(9), LeftReason.NOT_ACCEPTABLE, id="no pieces"
    ),
    pytest.param(
        order(country=None), stock(9), LeftReason.COUNTRY_EXCLUDED, id="no country"
    ),
    pytest.param(
        order(rule=replace(RULE, countries=frozenset({"FR"}))),
        stock(9),
        LeftReason.COUNTRY_EXCLUDED,
        id="country",
    ),
    pytest.param(
        order(rule=replace(RULE, countries=frozenset({"DE"}))),
        stock(9),
        None,
        id="another country",
    ),
    pytest.param(
        order(rule=replace(RULE, skus=("b*", "a1"))),
        stock(9),
        LeftReason.SKU_EXCLUDED,
        id="SKU",
    ),
    pytest.param(
        order(rule=replace(RULE, skus=("a*",))),
        stock(9),
        LeftReason.SKU_EXCLUDED,
        id="beginning of a SKU",
    ),
    pytest.param(
        order(rule=replace(RULE, skus=("a", "a1-2"))), stock(9), None, id="other SKUs"
    ),
    pytest.param(
        order(rule=replace(RULE, max_price=Decimal("99.99"))),
        stock(9),
        LeftReason.PRICE_EXCLUDED,
        id="dear",
    ),
    pytest.param(
        order(rule=replace(RULE, min_price=Decimal("100.01"))),
        stock(9),
        LeftReason.PRICE_EXCLUDED,
        id="cheap",
    ),
    pytest.param(
        order(rule=replace(RULE, min_price=Decimal(100), max_price=Decimal(100))),
        stock(9),
        None,
        id="just the price",
    ),
    pytest.param(
        order(price=None, rule=replace(RULE, max_price=Decimal(500))),
        stock(9),
        LeftReason.PRICE_EXCLUDED,
        id="no price",
    ),
    pytest.param(
        order(currency="GBP", rule=replace(RULE, max_price=Decimal(500))),
        stock(9),
        LeftReason.PRICE_EXCLUDED,
        id="another currency",
    ),
    pytest.param(order(price=None, currency=None), stock(9), None, id="no limits"),
]


@pytest.mark.parametrize(("pending", "units", "reason"), CASES)
def test_an_order_is_accepted_or_left_with_a_reason(
    pending: PendingOrder, units: Any, reason: LeftReason | None
):
    plan = plan_acceptance([pending], units, NOW)

    assert plan.accepted == ([] if reason else [pending])
    assert list(plan.left) == ([reason] if reason else [])


def test_a_piece_is_promised_once_the_oldest_order_first():
    orders = [order(1), order(2), order(3)]

    plan = plan_acceptance(orders, stock(2), NOW)

    assert plan.accepted == orders[:2]
    assert plan.left == {LeftReason.NO_STOCK: 1}


@pytest.mark.parametrize(
    "first",
    [
        pytest.param({"is_handled": True}, id="handled"),
        pytest.param({"rule": None}, id="without a rule"),
        pytest.param({"rule": replace(RULE, skus=("a1",))}, id="excluded"),
        pytest.param({"lines": (line(quantity=5),)}, id="not covered"),
    ],
)
def test_an_older_order_that_is_left_keeps_its_pieces(first: dict[str, Any]):
    plan = plan_acceptance([order(1, **first), order(2)], stock(1), NOW)

    assert plan.accepted == []


def test_stores_that_share_a_piece_promise_it_once():
    german = order(2, rule=AcceptRule(DE, "EUR"), country="DE")

    plan = plan_acceptance([order(1), german], stock(1) | stock(1, store=DE), NOW)

    assert [accepted.number for accepted in plan.accepted] == [1]


def test_the_rule_of_the_country_comes_first():
    wide, own = AcceptRule(DE, "EUR"), AcceptRule(FR, "EUR")
    rules = [("DE", "all_countries", wide), ("FR", "store_country", own)]

    assert deciding_rule(rules, "FR") == own
    assert deciding_rule(rules, "DE") == deciding_rule(rules, "ES") == wide
    assert deciding_rule(rules[1:], "ES") is None


SHIP = PlannedSubmission((7, 8), TO_SHIP, SHIPPED, {"tracking_number": "XY 1"})
ACCEPT = PlannedSubmission((7,), TO_ACCEPT, TO_SHIP, {})
REFUND = PlannedSubmission((7,), TO_SHIP, 5, {})


@pytest.mark.parametrize(
    ("planned", "states", "number", "result"),
    [
        (SHIP, (SHIPPED, SHIPPED), "xy1", TransitionResult.APPLIED),
        (SHIP, (SHIPPED, SHIPPED), None, TransitionResult.APPLIED),
        (SHIP, (SHIPPED, SHIPPED), "OTHER", TransitionResult.CONFLICT),
        (SHIP, (SHIPPED, TO_SHIP), "XY1", None),
        (SHIP, (TO_SHIP, TO_SHIP), None, None),
        (SHIP, (SHIPPED, CANCELLED), "XY1", TransitionResult.CONFLICT),
        (ACCEPT, (SHIPPED, SHIPPED), "XY1", TransitionResult.APPLIED),
        (ACCEPT, (TO_SHIP, TO_SHIP), None, None),
        (ACCEPT, (TO_ACCEPT, SHIPPED), None, None),
        (REFUND, (SHIPPED, SHIPPED), None, None),
    ],
    ids=range(10),
)
def test_a_parcel_that_was_shipped_elsewhere_is_recognized(
    planned: PlannedSubmission,
    states: tuple[int, int],
    number: str | None,
    result: TransitionResult | None,
):
    shown = OrderView(dict(zip((7, 8), states, strict=True)), number)

    assert result_of(planned, shown) is result
