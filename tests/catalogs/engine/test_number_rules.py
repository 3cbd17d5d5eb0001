"""Number steps: exact amounts and quantities."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogs.engine.transform.number_steps import apply_number_steps
from app.stores.mapping.attribute_source import AttributeSource


def steps(*asked: dict[str, Any]):
    return AttributeSource.model_validate(
        {"column": "x", "steps": list(asked)}
    ).number_steps


def after(number: int, *asked: dict[str, Any], unit: int = 100) -> int | None:
    frame = pl.DataFrame({"n": [number]}, schema={"n": pl.Int64})
    return frame.select(
        apply_number_steps(pl.col("n"), steps(*asked), unit, None)
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
    assert after(cents, step) == result


PIECES = [
    pytest.param(5, {"op": "buffer", "keep": 2}, 3, id="two are kept back"),
    pytest.param(1, {"op": "buffer", "keep": 2}, 0, id="never below 0"),
    pytest.param(50, {"op": "at_most", "value": "10"}, 10, id="cap"),
    pytest.param(5, {"op": "percent", "by": "-50"}, 2, id="half a piece is none"),
]


@pytest.mark.parametrize(("pieces", "step", "result"), PIECES)
def test_a_step_on_a_quantity(pieces, step, result):
    assert after(pieces, step, unit=1) == result


@given(
    cents=st.integers(1, 9_999_999),
    factor=st.decimals("0.000001", "99", places=6),
)
def test_a_factor_is_exact_and_half_cents_round_up(cents, factor):
    exact = (Decimal(cents) * factor).quantize(Decimal(1), ROUND_HALF_UP)

    found = after(cents, {"op": "multiply", "by": str(factor)})

    assert found == (int(exact) if exact < 10**9 else None)
