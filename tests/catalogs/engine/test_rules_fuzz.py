"""Every accepted mapping can be executed on any catalog."""

from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.full_rows import ACTIVE
from app.catalogs.engine.pipeline.stage import stage
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.transform.rules import count_excluded
from app.catalogs.engine.validate.problem_types import MAX_CENTS, MAX_QUANTITY
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.mapping.resolve import resolve_for_store
from app.stores.mapping.validate import find_violations
from tests.catalogs.engine.samples import COLUMNS, MAPPING

CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        ["", " ", "1.299,00 EUR", "1.299", "19.99", "-5", "5 pcs", "GOOD", "Phones"]
    ),
    st.sampled_from(["4006381333931", "FR", "<b>x</b>", "9999999.99", "0", "\0"]),
    st.text(max_size=8),
)
PIECE = st.text(max_size=5)
SOME = st.text(min_size=1, max_size=5).filter(str.strip)
PATTERN = st.sampled_from(["(a)", "[0-9]+", "(.)(.)", "^$", r"\s*", "(?i)x|y", "é"])
MODE = st.sampled_from(["nearest", "up", "down"])


def rule(op: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"op": st.just(op), **fields})


def decimals(least: str, most: str, places: int) -> st.SearchStrategy[str]:
    return st.decimals(least, most, places=places).map(str)


def conditions(*, late: bool) -> st.SearchStrategy[Any]:
    places = [{"column": name} for name in COLUMNS]
    if late:
        places += [{"attribute": name} for name in COLUMNS]
    leaves = st.one_of(
        rule("equals", value=SOME),
        rule("in", values=st.lists(SOME, min_size=1, max_size=3)),
        rule("contains", value=SOME),
        rule("starts_with", value=SOME),
        rule("ends_with", value=SOME),
        rule("matches", pattern=PATTERN),
        rule("empty"),
        rule("of_store", store=st.sampled_from(["country", "currency"])),
        *(
            rule(op, value=decimals("-9999", "9999", 3))
            for op in ("less_than", "at_most", "more_than", "at_least")
        ),
    )
    placed = st.builds(
        lambda leaf, place: leaf | place, leaves, st.sampled_from(places)
    )
    return st.recursive(
        placed,
        lambda inner: st.one_of(
            rule("not", of=inner),
            rule("any", of=st.lists(inner, min_size=1, max_size=2)),
            rule("all", of=st.lists(inner, min_size=1, max_size=2)),
        ),
        max_leaves=3,
    )


def maybe_when(steps: st.SearchStrategy[Any], *, late: bool) -> st.SearchStrategy[Any]:
    asked = st.one_of(st.just({}), conditions(late=late).map(lambda c: {"when": c}))
    return st.builds(lambda step, when: step | when, steps, asked)


TEXT_STEPS = maybe_when(
    st.one_of(
        *(rule(op) for op in ("lower", "upper", "squeeze", "strip_tags")),
        rule("replace", find=SOME, to=PIECE),
        rule("regex_replace", pattern=PATTERN, to=st.sampled_from(["", "$0", "x$$"])),
        rule("extract", pattern=PATTERN, group=st.just(0)),
        rule("map", values=st.just({"a": "GOOD"}), **{"else": st.just("empty")}),
        rule("prepend", text=SOME),
        rule("append", text=SOME),
        rule("shorten", length=st.integers(1, 5)),
        rule("part", separator=SOME, number=st.integers(1, 3)),
        rule("set", value=st.sampled_from(["", "fair"])),
    ),
    late=False,
)
ON_BOTH = (
    rule("percent", by=decimals("-99.9999", "1000", 4)),
    rule("multiply", by=decimals("0.000001", "999.999999", 6)),
    rule("divide", by=decimals("0.000001", "999.999999", 6)),
    rule("add", by=st.integers(-100_000, 9_999_999)),
    rule("at_most", value=st.integers(0, 9_999_999)),
)
PRICE_STEPS = maybe_when(
    st.one_of(
        *ON_BOTH,
        rule("round", to=decimals("0.01", "1000", 2), mode=MODE),
        rule("ending", at=st.just("0.99"), per=st.sampled_from(["1", "10"]), mode=MODE),
        rule("at_least", value=decimals("0", "100", 2)),
    ),
    late=True,
)
STOCK_STEPS = maybe_when(
    st.one_of(*ON_BOTH, rule("buffer", keep=st.integers(0, 10))), late=True
)


def few(steps: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(steps, max_size=3)


@pytest.mark.long
@settings(max_examples=60)
@given(
    rows=st.lists(
        st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELLS)), min_size=1, max_size=4
    ),
    texts=st.fixed_dictionaries(
        dict.fromkeys(("sku", "grade", "price"), few(TEXT_STEPS))
    ),
    price=few(PRICE_STEPS),
    quantity=few(STOCK_STEPS),
    filters=st.lists(conditions(late=True), max_size=2),
)
def test_every_accepted_mapping_can_be_executed(rows, texts, price, quantity, filters):
    steps = texts | {"price": texts["price"] + price, "quantity": quantity}
    mapping = CatalogMapping.model_validate(
        {
            "attributes": {
                name: source | {"steps": steps.get(name, [])}
                for name, source in MAPPING.items()
            },
            "filters": [
                {"name": f"f{number}", "when": when}
                for number, when in enumerate(filters)
            ],
        }
    )
    refused = [found.code for found in find_violations(mapping, "FR")]
    assert set(refused) <= {"value_not_accepted"}
    assume(not refused)
    resolved = resolve_for_store(mapping, "FR", "EUR")
    frame = pl.DataFrame(
        {cell(n): [r[n] for r in rows] for n in COLUMNS},
        schema={cell(n): pl.String for n in COLUMNS},
    ).with_row_index(LINE, 2)
    frame = frame.with_columns(pl.lit(0, pl.UInt8).alias(FLAW))

    staged = stage(frame.lazy(), ImportConfig(resolved, {"phones": 1}, "EUR"))
    full = pl.concat(staged.batches())

    assert sum(count_excluded(resolved, staged.keys).values()) <= len(rows)
    assert full["desired_state"].null_count() == 0
    sold = full.filter(pl.col("desired_state") == ACTIVE)
    assert sold["price"].is_between(1, MAX_CENTS).all()
    assert sold["quantity"].is_between(0, MAX_QUANTITY).all()
    assert sold["sku_key"].null_count() == 0
