"""Builds the body of a batch: JSON with the offers as one CSV text."""

import json
from collections.abc import Collection

import polars as pl

MAX_LINES = 15_000
"""Rows in one batch (section 2, "catalog")."""

_SHIPPING = frozenset(
    f"{name}_{rank}"
    for name in ("shipper", "shipping_price", "shipping_delay")
    for rank in (1, 2, 3)
)
PRODUCT_COLUMNS = frozenset(
    {"category_id", "title", "description", "brand", "price_new", "weight"}
    | {"width", "height", "depth"}
    | {f"image{rank}" for rank in range(1, 7)}
)
"""What Back Market needs for an EAN that it does not know yet (section 6)."""
BATCH_COLUMNS = frozenset(
    {"sku", "ean", "product_id", "backmarket_id", "quantity", "price", "grade"}
    | {"state", "currency", "warranty_delay", "comment", "min_price", "backpricer"}
    | {"new_battery"}
    | _SHIPPING
    | PRODUCT_COLUMNS
)
"""Every column that may be sent (section 4.6), category attributes apart."""

_MONEY = frozenset({"price", "min_price", "price_new"}) | {
    name for name in _SHIPPING if name.startswith("shipping_price")
}
_COUNTS = frozenset({"quantity", "warranty_delay", "weight", "backmarket_id"}) | {
    name for name in _SHIPPING if name.startswith("shipping_delay")
}
_CENTS = pl.Decimal(38, 2)


def batch_body(frame: pl.DataFrame, attributes: Collection[str] = ()) -> bytes:
    r"""Write the body of `POST /ws/listings` for the rows and columns of `frame`.

    Back Market API, listings, batch: `;` between, `\n` after, every field quoted,
    UTF-8, a header line. Nulls become blanks, which mean "unchanged". `attributes`
    names further columns allowed by the products' categories. Raises ValueError for a
    column Back Market does not know, no `sku`, no row, or more than 15,000 rows.
    """
    _check(frame, attributes)
    floats = {name for name, dtype in frame.schema.items() if dtype.is_float()}
    catalog = (
        frame.with_columns(
            pl.col(sorted(floats & _MONEY)).cast(_CENTS),
            pl.col(sorted(floats & _COUNTS)).cast(pl.Int64),
        )
        .with_columns(pl.all().cast(pl.String))
        .write_csv(
            separator=";",
            line_terminator="\n",
            quote_char='"',
            quote_style="always",
            null_value="",
        )
    )
    body = {
        "encoding": "utf-8",
        "delimiter": ";",
        "quotechar": '"',
        "header": True,
        "catalog": catalog.removesuffix("\n"),
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _check(frame: pl.DataFrame, attributes: Collection[str]) -> None:
    unknown = set(frame.columns) - BATCH_COLUMNS - set(attributes)
    if unknown:
        raise ValueError(f"Back Market has no columns {sorted(unknown)}")
    if "sku" not in frame.columns or frame["sku"].null_count():
        raise ValueError("each row of a batch needs its SKU")
    if not 0 < frame.height <= MAX_LINES:
        raise ValueError(f"a batch has 1 to {MAX_LINES} rows, not {frame.height}")
