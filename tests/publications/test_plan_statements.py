"""PostgreSQL parses and plans every variant of the plan statements."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import TextClause, text

from app.publications.planning.brake import HeldGroups
from app.publications.planning.counts import held_parameters
from app.publications.planning.statements import (
    COUNT,
    COUNT_NEW,
    LOWERS_STOCK,
    WRITE,
    Variant,
)
from tests.publications.plan_table import Tables

PLAIN = Variant(shared=False, holds=False, repairs=False)
STATEMENTS: dict[str, Mapping[Variant, TextClause]] = {
    "count": COUNT,
    "count new offers": {PLAIN: COUNT_NEW},
    "look for lowered stock": LOWERS_STOCK,
    "write": {v: sql for (v, by_key), sql in WRITE.items() if not by_key},
    "write by key": {v: sql for (v, by_key), sql in WRITE.items() if by_key},
}


def parameters(tables: Tables, variant: Variant) -> dict[str, Any]:
    """What `write_plan` passes; a name that a variant does not need is absent."""
    values: dict[str, Any] = {
        "store": tables.store_id,
        "publication": tables.publication_id,
        "products": True,
        "product_codes": ["unknown_product"],
        **dict.fromkeys(("jump_percent", "jump_amount", "wave_move"), 1),
        **dict.fromkeys(("margin_percent", "margin_amount"), 0),
        **held_parameters(HeldGroups()),
        **dict.fromkeys(("some_before", "some_last", "some_not_sent"), True),
        **dict.fromkeys(("last_lane", "of_last", "lines", "reserve"), 1),
        **dict.fromkeys(("single_max", "batch_lines"), 1),
    }
    if variant.leaving:
        values |= {"siblings": [tables.sibling_id]}
    if variant.shared:
        values |= {"siblings": [tables.sibling_id], "policy": "min", "leader": None}
    if variant.in_flight:
        values |= {"in_flight": Jsonb({"a": 1})}
    if variant.other_markets:
        values |= {"account": tables.account_id, "other_market_code": "held"}
    return values


def tables_read(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that the nodes of a plan read."""
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan["Relation Name"]
    for child in plan.get("Plans", []):
        yield from tables_read(child)


@pytest.mark.parametrize("variants", STATEMENTS.values(), ids=STATEMENTS)
async def test_each_variant_is_valid_and_reads_only_what_it_needs(
    tables: Tables, variants: Mapping[Variant, TextClause]
):
    for variant, statement in variants.items():
        (explained,) = await tables.session.scalar(
            text(f"EXPLAIN (FORMAT JSON) {statement.text}"),
            parameters(tables, variant),
        )

        read = list(tables_read(explained["Plan"]))
        assert ("hold" in read) == variant.holds, variant
        assert ("offer_check" in read) == variant.repairs, variant
        elsewhere = variant.other_markets or variant.leaving
        assert ("other_market_listing" in read) == elsewhere, variant


def test_there_is_a_statement_for_each_combination():
    assert [len(each) for each in STATEMENTS.values()] == [34, 1, 34, 34, 34]


@pytest.mark.parametrize("name", ["count", "write"])
def test_only_shared_stock_reads_offers_of_siblings(name: str):
    for variant, statement in STATEMENTS[name].items():
        shared = variant.shared or variant.leaving
        assert (":siblings" in statement.text) == shared
        assert (":in_flight" in statement.text) == variant.in_flight
