"""The synthetic catalog of the bench, and how a store maps it."""

from pathlib import Path

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.stores.mapping.mapping_model import CatalogMapping

COLUMNS = {
    "sku": "sku",
    "ean": "ean",
    "price": "price",
    "quantity": "quantity",
    "grade": "condition",
    "category": "category",
    "warranty_delay": "warranty",
}
CONFIG = ImportConfig(
    CatalogMapping(attributes={k: {"column": v} for k, v in COLUMNS.items()}),
    {f"phones/model {n}": n + 1 for n in range(198)},
    "EUR",
)


def make_catalog(path: Path, rows: int, *, changed: bool = False) -> None:
    """A catalog with a little dirt; `changed` gives one row in 100 another price."""
    number = pl.col("number")
    body = "4" + (number * 7919 % 10**11).cast(pl.String).str.zfill(11)
    weighted = [
        body.str.slice(place, 1).cast(pl.Int32) * (3 if place % 2 else 1)
        for place in range(12)
    ]
    check = (10 - pl.sum_horizontal(weighted) % 10) % 10
    digit = pl.when(number % 1009 == 7).then((check + 1) % 10).otherwise(check)
    euros = number % 900 + 50
    if changed:
        euros = pl.when(number % 100 == 3).then(euros + 1).otherwise(euros)
    cents = (number % 100).cast(pl.String).str.zfill(2)
    price = pl.format("{}.{}", euros, cents)
    written = pl.format("{},{} EUR", euros, cents)
    text = "Refurbished device, tested by our technicians; battery above 85 percent, "
    frame = pl.LazyFrame({"number": pl.int_range(rows, eager=True)}).select(
        sku=pl.format("SKU-{}", number.cast(pl.String).str.zfill(8)),
        ean=body + digit.cast(pl.String),
        title=pl.format("Apple iPhone {} 64 GB black, unlocked", number % 15),
        category=pl.format("Phones/Model {}", number % 200),
        price=pl.when(number % 1013 == 5)
        .then(pl.lit(""))
        .when(number % 997 == 11)
        .then(written)
        .otherwise(price),
        quantity=(number % 20).cast(pl.String),
        condition=pl.when(number % 1019 == 3)
        .then(pl.lit("like new"))
        .otherwise(pl.lit("Very Good")),
        warranty=pl.lit("24"),
        image=pl.format("https://cdn.example.test/images/{}.jpg", number),
        description=pl.lit(text + "delivered with cable and charger."),
    )
    frame.sink_csv(path, engine="streaming")
