"""Empty columns that offers need are detected, with or without defaults."""

import polars as pl
import pytest

from app.catalogs.engine.pipeline.empty_columns import empty_attributes
from app.catalogs.engine.read.frames import cell
from app.stores.mapping.mapping_model import CatalogMapping

MAPPING = CatalogMapping.model_validate(
    {
        "attributes": {
            "sku": {"template": "{brand}-{number}"},
            "ean": {"column": "ean"},
            "price": {"column": "price"},
            "quantity": {"column": "stock", "default": "0"},
            "grade": {"constant": "GOOD"},
            "comment": {"column": "comment"},
        }
    }
)
FULL = {"brand": "B", "number": "1", "ean": "E", "price": "9", "stock": "1"}


@pytest.mark.parametrize(
    ("last_row", "empty"),
    [
        pytest.param(FULL, (), id="a value in the very last row"),
        pytest.param(FULL | {"stock": None}, ("quantity",), id="only the default"),
        pytest.param(FULL | {"stock": " \u00a0"}, ("quantity",), id="only blanks"),
        pytest.param(FULL | {"brand": None}, (), id="a part of a template"),
        pytest.param(
            FULL | {"ean": None, "price": None}, ("ean", "price"), id="two columns"
        ),
    ],
)
@pytest.mark.parametrize("rows", [1, 3000])
def test_attributes_without_a_value_in_any_row_are_found(last_row, empty, rows: int):
    nothing = dict.fromkeys([*FULL, "comment"])
    records = [nothing] * (rows - 1) + [{**nothing, **last_row}]
    schema = dict.fromkeys(nothing, pl.String)
    frame = pl.DataFrame(records, schema=schema).rename(cell).lazy()

    assert empty_attributes(frame, MAPPING) == empty
