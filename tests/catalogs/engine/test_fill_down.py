"""Values that are carried down within a group of rows."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.preview import preview_catalog
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.engine.report.source_rows import find_rows
from app.catalogs.engine.transform.fill_down import fill_down, filled_cell
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.engine.conftest import Shop
from tests.catalogs.engine.samples import GOOD_EANS, MAPPING, counted

CASES = Path(__file__).parents[1] / "cases"
BY_HANDLE: dict[str, Any] = {"column": "value", "fill_down": {"by": "group"}}


def filled(
    rows: list[tuple[str | None, str | None]], flaws: list[int], folder: Path
) -> list[str | None]:
    """`rows`: group and value, in the order of the file."""
    frame = pl.DataFrame(
        rows, schema={cell("group"): pl.String, cell("value"): pl.String}, orient="row"
    ).with_row_index(LINE, 2)
    frame = frame.with_columns(pl.Series(FLAW, flaws, dtype=pl.UInt8))
    mapping = CatalogMapping.model_validate({"attributes": {"category": BY_HANDLE}})
    result = fill_down(frame.lazy(), mapping, folder).sort(LINE).collect()
    return result[filled_cell("group", "value")].to_list()


TABLES = [
    pytest.param(
        [("a", "x"), ("a", None), ("a", "")], ["x", "x", "x"], id="to empty cells"
    ),
    pytest.param([("a", "x"), ("b", None)], ["x", None], id="not to another group"),
    pytest.param(
        [("a", "x"), ("a", "y"), ("a", None)], ["x", "y", "y"], id="the last value"
    ),
    pytest.param([("a", None), ("a", "x")], [None, "x"], id="never up"),
    pytest.param(
        [("a", "x"), ("b", "y"), ("a", None)], ["x", "y", "x"], id="apart in the file"
    ),
    pytest.param([(None, "x"), (None, None)], ["x", None], id="no group"),
    pytest.param([(" a ", "x"), ("a", "\u00a0")], ["x", "x"], id="blanks"),
    pytest.param([("A", "x"), ("a", None)], ["x", None], id="case matters"),
]


@pytest.mark.parametrize(("rows", "values"), TABLES)
def test_a_value_is_carried_down_within_its_group(rows, values, tmp_path):
    assert filled(rows, [0] * len(rows), tmp_path) == values


def test_a_malformed_row_neither_gives_nor_takes(tmp_path):
    rows = [("a", "x"), ("a", "shifted"), ("a", None), ("a", None)]

    assert filled(rows, [0, 1, 0, 1], tmp_path) == ["x", "shifted", "x", None]


GROUPS = st.sampled_from(["a", "b", " b", "", None])
VALUES = st.sampled_from(["x", "y", " ", "", None])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(GROUPS, VALUES, st.sampled_from([0, 0, 0, 1])), max_size=12))
def test_it_agrees_with_a_naive_model(tmp_path_factory, rows):
    last: dict[str, str] = {}
    expected = []
    for group, value, flaw in rows:
        key = (group or "").strip()
        if flaw or not key:
            expected.append(value)
            continue
        if value and value.strip():
            last[key] = value
        expected.append(last.get(key))

    folder = tmp_path_factory.mktemp("filled")
    found = filled([r[:2] for r in rows], [r[2] for r in rows], folder)

    assert found == expected


HEADER = "handle,sku,ean,price,quantity,grade,category"
BY = {"fill_down": {"by": "handle"}}
VARIANTS = MAPPING | {
    "category": {"column": "category", **BY},
    "grade": {"template": "{grade}", **BY},
}


def variants(first_category: str, *more: str, grade: str = "GOOD") -> str:
    first = f"h1,A1,{GOOD_EANS[0]},1.00,1,{grade},{first_category}"
    rows = [f"h1,A{n},{GOOD_EANS[0]},1.00,1,," for n in range(2, 12)]
    other = f"h2,B1,{GOOD_EANS[0]},1.00,1,FAIR,Phones"
    return "\n".join([HEADER, first, *rows, other, *more]) + "\n"


def test_variants_take_what_their_first_row_says(shop: Shop):
    result = shop.upload(variants("Phones"), mapping=VARIANTS)

    assert counted(result) == {"created": 12}
    assert shop.offers("grade")["A11"] == ("GOOD",)
    assert shop.offers("grade")["B1"] == ("FAIR",)


def test_a_changed_first_row_changes_the_rows_below_it(shop: Shop):
    """On the fast path, which compares hashes of rows."""
    shop.upload(variants("Phones"), mapping=VARIANTS)

    same = shop.upload(variants("Phones"), mapping=VARIANTS)
    changed = shop.upload(variants("Phones", grade="FAIR"), mapping=VARIANTS)

    assert counted(same) == {"unchanged": 12}
    assert counted(changed) == {"changed": 11, "unchanged": 1}
    assert shop.offers("grade")["A11"] == ("FAIR",)


def test_the_fast_path_gives_what_a_first_import_gives(shop: Shop, connection):
    rows = [f"x{n},X{n},{GOOD_EANS[0]},1.00,1,GOOD,Phones" for n in range(200)]
    shop.upload(variants("Phones", *rows), mapping=VARIANTS)
    later = variants("Phones", *rows, grade="FAIR")
    shop.upload(later, mapping=VARIANTS)
    fast = shop.offers("grade, desired_state")

    fresh = Shop(connection, shop.folder)
    fresh.upload(later, mapping=VARIANTS)

    assert fresh.offers("grade, desired_state") == fast


def test_previews_and_reports_show_the_carried_value(tmp_path):
    path = tmp_path / "catalog.csv"
    path.write_text(variants("Phones"))
    mapping = CatalogMapping.model_validate({"attributes": VARIANTS})
    config = ImportConfig(mapping, {"phones": 1}, "EUR")

    preview = preview_catalog(
        SourceFile(path), config, tmp_path, max_bytes=10**6, sample=20
    )
    (row,) = find_rows(SourceFile(path), mapping, "a5", tmp_path)

    assert preview.funnel.valid == 12
    assert (row.cells["category"], row.texts["category"]) == (None, "Phones")


def test_a_column_can_be_filled_for_one_attribute_and_not_for_another(shop: Shop):
    mapping = VARIANTS | {"comment": {"column": "category"}}

    shop.upload(variants("Phones"), mapping=mapping)

    assert shop.offers("comment")["A1"] == ("Phones",)
    assert shop.offers("comment")["A2"] == (None,)


SHOPIFY = {
    "sku": {"column": "Variant SKU"},
    "ean": {"column": "Variant Barcode"},
    "price": {"column": "Variant Price"},
    "quantity": {"column": "Variant Inventory Qty"},
    "grade": {"column": "Option2 Value", "default": "GOOD"},
    "category": {"column": "Type", "fill_down": {"by": "Handle"}},
}


def test_variants_of_a_shopify_export_have_their_category(shop: Shop):
    content = (CASES / "p35-shopify-export.csv").read_bytes()

    shop.upload(content, mapping=SHOPIFY, categories={"smartphones": 1})

    assert shop.offers("desired_state, quantity, grade") == {
        "IP12-64-VG": ("active", 3, "VERY_GOOD"),
        "IP12-128-G": ("retained", 0, None),
        "IP12-128-F": ("active", 0, "FAIR"),
        "PIX7": ("active", 4, "GOOD"),
    }
    codes = {(field, code) for _, field, code, _ in shop.report()}
    assert ("category", "category_missing") not in codes
    assert ("ean", "ean_scientific") in codes
