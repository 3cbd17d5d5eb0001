"""Number steps: exact amounts and quantities."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import floor
from operator import mul
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogs.engine.transform.number_steps import (
    PIECES,
    apply_number_steps,
    apply_to_amount,
)
from app.catalogs.engine.validate.money import MoneyRule, money
from app.stores.mapping.attribute_source import AttributeSource


def steps(*asked: dict[str, Any]):
    return AttributeSource.model_validate(
        {"column": "x", "steps": list(asked)}
    ).number_steps


def after(text: str, *asked: dict[str, Any], currency: str = "EUR") -> int | None:
    """Cents of the amount after the steps."""
    return all_after([text], *asked, currency=currency)[0]


def all_after(
    texts: list[str], *asked: dict[str, Any], currency: str = "EUR"
) -> list[int | None]:
    """Cents of each amount after the steps."""
    frame = pl.DataFrame({"text": texts})
    read = money(pl.col("text"), MoneyRule(currency, exact=True))
    amount = apply_to_amount(read, steps(*asked), None, currency, zero_allowed=True)
    return frame.select(amount.struct.field("cents")).to_series().to_list()


def euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def pieces_after(number: int, *asked: dict[str, Any]) -> int | None:
    frame = pl.DataFrame({"n": [number]}, schema={"n": pl.Int64})
    return frame.select(
        apply_number_steps(pl.col("n"), steps(*asked), PIECES, None)
    ).item()


NUMBER_STEPS = [
    pytest.param(1999, {"op": "percent", "by": "5"}, 2099, id="19.99 + 5 % = 20.9895"),
    pytest.param(10, {"op": "percent", "by": "5"}, 11, id="half a cent goes up"),
    pytest.param(2000, {"op": "percent", "by": "-12.5"}, 1750, id="a discount"),
    pytest.param(1005, {"op": "multiply", "by": "1.1"}, 1106, id="11.055 = 11.06"),
    pytest.param(1190, {"op": "divide", "by": "1.19"}, 1000, id="without VAT"),
    pytest.param(1000, {"op": "add", "by": "4.99"}, 1499, id="add"),
    pytest.param(1000, {"op": "add", "by": "-2"}, 800, id="less"),
    pytest.param(1002, {"op": "round", "to": "0.05"}, 1000, id="to five cents"),
    pytest.param(1003, {"op": "round", "to": "0.05"}, 1005, id="nearest"),
    pytest.param(1001, {"op": "round", "to": "1", "mode": "up"}, 1100, id="up"),
    pytest.param(1099, {"op": "round", "to": "1", "mode": "down"}, 1000, id="down"),
    pytest.param(1949, {"op": "ending", "at": "0.99"}, 1999, id="nearest .99"),
    pytest.param(1948, {"op": "ending", "at": "0.99"}, 1899, id="nearest below"),
    pytest.param(2000, {"op": "ending", "at": "0.99", "mode": "up"}, 2099, id="up .99"),
    pytest.param(
        1999, {"op": "ending", "at": "0.99", "mode": "up"}, 1999, id="it is .99"
    ),
    pytest.param(50, {"op": "ending", "at": "0.99", "mode": "down"}, 99, id="first"),
    pytest.param(
        11000, {"op": "ending", "at": "9", "per": "10", "mode": "down"}, 10900, id="109"
    ),
    pytest.param(500, {"op": "at_least", "value": "9.99"}, 999, id="at least"),
    pytest.param(5000, {"op": "at_most", "value": "49.90"}, 4990, id="at most"),
    pytest.param(999_999_999, {"op": "percent", "by": "5"}, None, id="too large"),
    pytest.param(
        999_999_999, {"op": "multiply", "by": "999.999999"}, None, id="no overflow"
    ),
]


@pytest.mark.parametrize(("cents", "step", "result"), NUMBER_STEPS)
def test_a_step_on_an_amount(cents, step, result):
    assert after(euros(cents), step) == result


def test_twenty_steps_take_no_longer_than_twenty_times_one():
    """They would never end if each doubled the expression."""
    ending = {"op": "ending", "at": "0.99", "mode": "up"}
    asked = [step for _ in range(10) for step in (ending, {"op": "add", "by": "1"})]

    assert after("0.99", *asked) == 1099


TAX = {"op": "multiply", "by": "1.2"}
EXACT = [
    pytest.param("274.166667", [TAX], 32900, id="net with six decimals"),
    pytest.param("290.833333", [TAX], 34900, id="net a bit too low"),
    pytest.param("274.16666666666669", [TAX], 32900, id="a double"),
    pytest.param("329.0000", [], 32900, id="no step"),
    pytest.param("0.004", [{"op": "multiply", "by": "2"}], 1, id="half a cent each"),
    pytest.param(
        "10.00",
        [{"op": "divide", "by": "3"}, {"op": "multiply", "by": "3"}],
        1000,
        id="a third and back",
    ),
    pytest.param(
        "19.99",
        [{"op": "percent", "by": "5"}, {"op": "percent", "by": "5"}],
        2204,
        id="22.038975 is rounded once",
    ),
    pytest.param(
        "17.491667",
        [TAX, {"op": "ending", "at": "0.99", "mode": "up"}],
        2099,
        id="20.9900004 is 20.99",
    ),
    pytest.param(
        "17.499999",
        [TAX, {"op": "round", "to": "1", "mode": "down"}],
        2100,
        id="20.9999988 is 21.00",
    ),
    pytest.param("1.0049", [{"op": "add", "by": "1"}], 200, id="rounded at the end"),
]


@pytest.mark.parametrize(("text", "asked", "cents"), EXACT)
def test_steps_see_all_decimals_and_rounding_is_last(text, asked, cents):
    assert after(text, *(asked or [{"op": "multiply", "by": "1"}])) == cents


def test_an_amount_in_yen_is_whole_after_its_steps():
    assert after("29083.3333", TAX, currency="JPY") == 3490000
    assert after("101", {"op": "percent", "by": "10"}, currency="JPY") == 11100
    assert after("105", {"op": "percent", "by": "10"}, currency="JPY") == 11600


QUANTITY_STEPS = [
    pytest.param(5, {"op": "buffer", "keep": 2}, 3, id="two are kept back"),
    pytest.param(1, {"op": "buffer", "keep": 2}, 0, id="never below 0"),
    pytest.param(50, {"op": "at_most", "value": "10"}, 10, id="cap"),
    pytest.param(5, {"op": "percent", "by": "-50"}, 2, id="half a piece is none"),
]


@pytest.mark.parametrize(("pieces", "step", "result"), QUANTITY_STEPS)
def test_a_step_on_a_quantity(pieces, step, result):
    assert pieces_after(pieces, step) == result


@settings(max_examples=40)
@given(
    amounts=st.lists(st.integers(1, 9_999_999_000_000), min_size=1, max_size=12),
    factors=st.lists(st.decimals("0.000001", "99", places=6), min_size=1, max_size=3),
)
def test_factors_are_exact_and_half_cents_round_up(amounts, factors):
    """Against fractions, which have no rounding between the steps."""
    texts = [f"{parts // 10**6}.{parts % 10**6:06}" for parts in amounts]

    results = all_after(texts, *({"op": "multiply", "by": str(f)} for f in factors))

    for parts, found in zip(amounts, results, strict=True):
        amount = Fraction(parts, 10**6)
        *_, exact = reached = list(
            accumulate(map(Fraction, factors), mul, initial=amount)
        )
        if max(reached) < 9_000_000 and all(f > Decimal("0.01") for f in factors):
            half_up = exact * 100 + Fraction(1, 2)
            cents, gap = floor(half_up), abs(half_up - round(half_up))
            assert found == cents or (
                abs(found - cents) == 1 and gap < Fraction(1, 10**6)
            )
