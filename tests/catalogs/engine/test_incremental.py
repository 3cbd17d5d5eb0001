"""The short ways through a catalog end exactly where the long way does."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline import digest, incremental
from app.catalogs.engine.pipeline import run as import_run
from app.catalogs.engine.pipeline.digest import (
    Digest,
    engine_sources,
    identity,
    rows_of,
    source_hash,
)
from app.catalogs.engine.read import passes
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.engine.conftest import Shop
from tests.catalogs.engine.samples import COLUMNS, MAPPING, catalog, row

A, B, C = row("A"), row("B", price="20"), row("C", price="30")
CONFIG = ImportConfig(CatalogMapping(attributes=MAPPING), {"phones": 1}, "EUR")

# Most rows have no problem: others are never skipped.
CELLS = st.fixed_dictionaries(
    {
        "sku": st.sampled_from([*"ABCDEFABCDEF", "a", "", "x\x1fy"]),
        "price": st.sampled_from(
            ["10", "20", "10", "20", "10.00", "12.50", "12,50", "1.299", "x"]
        ),
        "quantity": st.sampled_from(["1", "2", "1", "2", "1", "1 pcs", "x"]),
        "category": st.sampled_from(["Phones"] * 6 + [" phones", "TV", ""]),
        "torn": st.sampled_from([""] * 9 + [",more"]),
    }
)
FEW = {"name": "few", "when": {"op": "equals", "column": "quantity", "value": "1"}}
CHEAP = {
    "name": "cheap",
    "when": {"op": "less_than", "attribute": "price", "value": "12"},
}
POLICIES = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(["reject", "reject", "first", "last"]),
        "invalid_rows": st.sampled_from(["keep", "keep", "withdraw"]),
        "filters": st.sampled_from([[], [], [FEW], [FEW, CHEAP]]),
    }
)


@st.composite
def catalogs(draw):
    """Two to five catalogs: rows of one pool, so that most are there again.

    Other policies go the long way: a catalog has seldom those of another one.
    """
    row_ = st.sampled_from(draw(st.lists(CELLS, min_size=4, max_size=8)))
    distinct = st.lists(row_, min_size=2, max_size=7, unique_by=lambda r: r["sku"])
    rows = st.one_of(distinct, distinct, st.lists(row_, min_size=1, max_size=7))
    usual, other = draw(POLICIES), draw(POLICIES)
    policies = st.sampled_from([usual] * 5 + [other])
    return draw(st.lists(st.tuples(rows, policies), min_size=2, max_size=5))


def text_of(rows: list[dict[str, str]]) -> str:
    lines = [
        ",".join(f'"{full[n]}"' for n in COLUMNS) + cells["torn"]
        for cells in rows
        for full in [row(cells["sku"]) | cells]
    ]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


BY_LINE, BY_HASH = 1.0, 0.0
"""Whether a row is compared with the one on its line, or looked for anywhere."""

STREAMED = -1
"""No file is small: each pass is a stream, as over a large catalog."""

ALL = (
    "sku_key, desired_state, fingerprint, problems, ean, grade, price::text, quantity,"
    " warranty_delay, listed"
)


@pytest.fixture(autouse=True)
def as_usual(monkeypatch):
    monkeypatch.setattr(incremental, "_MAX_MOVED_SHARE", incremental._MAX_MOVED_SHARE)
    monkeypatch.setattr(passes, "SMALL_BYTES", passes.SMALL_BYTES)


@pytest.mark.long
@settings(
    max_examples=20,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(uploads=catalogs(), listed=st.booleans())
def test_all_ways_end_the_same(connection, tmp_path, uploads, listed):
    long = Shop(connection, tmp_path)
    ways = {way: Shop(connection, tmp_path) for way in (BY_LINE, BY_HASH)}
    few_bytes = passes.SMALL_BYTES
    for rows, policies in uploads:
        long.forget()
        passes.SMALL_BYTES = STREAMED
        result = long.upload(text_of(rows), **policies)
        for way, shop in ways.items():
            incremental._MAX_MOVED_SHARE = way
            passes.SMALL_BYTES = few_bytes if way == BY_LINE else STREAMED

            assert shop.upload(text_of(rows), **policies) == result
            assert shop.offers(ALL) == long.offers(ALL)
            assert shop.report() == long.report()
        if listed:
            for shop in (long, *ways.values()):
                shop.list_all()


@pytest.fixture
def only_short(monkeypatch):
    """Fails where every row or every offer would be looked at."""

    def refuse(*_):
        pytest.fail("the long way")

    return lambda: monkeypatch.setattr(import_run, "read_all_offers", refuse)


@pytest.mark.parametrize(
    "moved",
    [pytest.param(BY_HASH, id="anywhere"), pytest.param(BY_LINE, id="in place")],
)
@pytest.mark.parametrize(
    "first",
    [
        pytest.param([A, B, C], id="plain"),
        pytest.param([A, B, C, C], id="with duplicates"),
        pytest.param([A, B, row("D", price="x"), row("")], id="with problems"),
        pytest.param(
            [A, row("B", price="12.50"), row("D", price="1.299")],
            id="with a learned sign",
        ),
    ],
)
def test_differences_are_found_without_parsing_unchanged_rows(
    shop, only_short, first, moved
):
    incremental._MAX_MOVED_SHARE = moved
    shop.upload(catalog(*first))
    only_short()

    result = shop.upload(catalog(A | {"quantity": "1"}, *first[1:], row("E")))
    again = shop.upload(catalog(*first[1:]))

    assert (result.counts.created, result.counts.changed) == (1, 1)
    assert again.counts.disappeared == 2
    assert shop.offers("desired_state")["E"] == ("absent",)


@pytest.mark.parametrize("moved", [BY_HASH, BY_LINE])
def test_reordered_rows_are_unchanged(shop, only_short, moved):
    shop.upload(catalog(A, B, C))
    incremental._MAX_MOVED_SHARE = moved
    only_short()

    results = [shop.upload(catalog(*rows)) for rows in ([C, B], [B, A, C], [B, A, C])]

    assert [r.counts.disappeared for r in results] == [1, 0, 0]
    assert [r.counts.created for r in results] == [0, 1, 0]


def test_a_new_duplicate_of_an_unchanged_row_is_detected(shop, only_short):
    shop.upload(catalog(A, B))
    only_short()

    result = shop.upload(catalog(A, B, B, row("a", price="5")))

    assert result.counts.duplicates == 4
    assert shop.offers("desired_state")["B"] == ("retained",)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"duplicates": "last"}, id="policy"),
        pytest.param({"categories": {"phones": 1, "tv": 2}}, id="categories"),
        pytest.param(
            {"mapping": MAPPING | {"warranty_delay": {"constant": "12"}}}, id="mapping"
        ),
        pytest.param(
            {
                "mapping": MAPPING
                | {
                    "price": {
                        "column": "price",
                        "steps": [{"op": "percent", "by": "5"}],
                    }
                }
            },
            id="a step",
        ),
        pytest.param({"filters": [FEW]}, id="a filter"),
    ],
)
def test_other_settings_need_a_full_import(shop, only_short, other):
    shop.upload(catalog(A, B))
    only_short()

    with pytest.raises(pytest.fail.Exception, match="the long way"):
        shop.upload(catalog(A, B), **other)


def test_another_decimal_separator_needs_a_full_import(shop):
    shop.upload(catalog(A, row("D", price="1.299")))

    shop.upload(catalog(A | {"price": '"12,50"'}, row("D", price="1.299")))

    assert shop.offers("price::text")["D"] == ("1299.00",)


def test_too_many_differences_need_a_full_import(shop, monkeypatch):
    monkeypatch.setattr(incremental, "_MAX_ROWS", 1)
    shop.upload(catalog(A, B, C))

    result = shop.upload(catalog(A, B | {"price": "7"}, C | {"price": "7"}))

    assert (result.counts.changed, result.counts.unchanged) == (2, 1)


def test_a_failed_import_keeps_the_digest(shop):
    def fail(_connection, _result):
        raise RuntimeError("lease lost")

    shop.upload(catalog(A, B))
    with pytest.raises(RuntimeError):
        shop.upload(catalog(A | {"price": "1"}), finish=fail)

    assert shop.upload(catalog(A | {"price": "1"})).counts.changed == 1
    assert shop.offers("desired_state, price::text") == {
        "A": ("active", "1.00"),
        "B": ("absent", "20.00"),
    }


def test_a_digest_is_restored_from_its_parts(monkeypatch):
    monkeypatch.setattr(digest, "_PART_ROWS", 2)
    rows = pl.DataFrame(
        {
            LINE: [2, 3, 4],
            digest.SOURCE: [1, None, -(2**63)],
            "fingerprint": [4, 5, 2**63 - 1],
            "traits": [0, 1, 2],
        },
        schema=digest.ROWS,
    )

    parts = Digest({}, rows).parts()

    assert len(parts) == 2
    assert rows_of(parts).equals(rows)


def test_swapped_cells_change_the_hash():
    names = sorted(CONFIG.mapping.columns)
    texts = [
        ["a", "b", "", None],
        ["b", "a", "", None],
        ["a", "b", None, ""],
        ["a\x1fb", None, "", None],
    ]
    frame = pl.DataFrame(
        [
            {cell(n): t for n, t in zip(names, row_ + ["x"] * 2, strict=True)}
            for row_ in texts
        ],
        schema={cell(n): pl.String for n in names},
    ).with_columns(pl.lit(0, pl.UInt8).alias(FLAW))

    assert frame.select(source_hash(CONFIG)).to_series().n_unique() == len(texts)


def test_the_identity_covers_every_module_of_the_engine():
    names = {path.parent.name + "/" + path.stem for path in engine_sources()}

    assert names >= {
        "engine/config",
        "pipeline/stage",
        "read/reader",
        "transform/rules",
        "validate/offer",
        "mapping/rule_steps",
    }


def test_the_identity_covers_all_settings():
    others = [
        replace(CONFIG, currency="GBP"),
        replace(CONFIG, duplicates="first"),
        replace(CONFIG, invalid_rows="withdraw"),
        replace(CONFIG, categories={}),
        CONFIG,
    ]

    assert len({identity(config) for config in others}) == len(others)
