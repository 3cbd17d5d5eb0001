"""Imports with filters: rows that are excluded, and rows that come back."""

from app.catalogs.engine.read.source import ReadLimits, SourceFile
from tests.catalogs.engine.samples import COLUMNS, catalog, row

GERMAN = {
    "name": "German rows",
    "when": {"op": "equals", "column": "market", "value": "DE"},
}
CHEAP = {
    "name": "too cheap",
    "when": {"op": "less_than", "attribute": "price", "value": "50"},
}
BY_MARKET = (*COLUMNS, "market")


def test_filtered_rows_are_counted_and_absent(shop):
    """One file for many countries: the same SKU in each is no duplicate."""
    rows = [
        row("A", market="FR"),
        row("A", market="DE", price="1"),
        row("B", market="FR", price="60"),
        row("C", market="DE"),
        row("BAD", market="FR", price="x"),
    ]
    shop.upload(catalog(*rows, columns=BY_MARKET), filters=[GERMAN, CHEAP])
    shop.list_all()
    rows[2]["price"] = "40"

    result = shop.upload(catalog(*rows, columns=BY_MARKET), filters=[GERMAN, CHEAP])

    assert result.excluded_by == {"German rows": 2, "too cheap": 1}
    counts = result.counts
    assert (counts.rows, counts.unchanged, counts.invalid) == (5, 1, 4)
    assert (counts.excluded, counts.duplicates, counts.disappeared) == (3, 0, 1)
    assert result.problem_counts == {"excluded": 3, "price_format": 1}
    assert shop.offers("desired_state, price::text") == {
        "A": ("active", "199.90"),
        "B": ("absent", "60.00"),
        "BAD": ("retained", None),
    }
    assert shop.report() == [
        (3, "row", "excluded", "German rows"),
        (4, "row", "excluded", "too cheap"),
        (5, "row", "excluded", "German rows"),
        (6, "price", "price_format", "x"),
    ]


def test_a_row_that_is_no_longer_filtered_is_active_again(shop):
    text = catalog(row("A", market="DE"), row("B", market="FR"), columns=BY_MARKET)
    shop.upload(text)
    shop.upload(text, filters=[GERMAN])
    shop.list_all()

    back = shop.upload(text)

    assert shop.offers("desired_state")["A"] == ("active",)
    assert back.counts.created == 1


def test_a_full_report_prefers_invalid_rows_to_filtered_ones(shop, tmp_path):
    path = tmp_path / "catalog"
    rows = [row(f"D{n}", market="DE") for n in range(5)]
    bad = [row(f"B{n}", market="FR", price="x") for n in range(3)]
    limits = ReadLimits(max_stored_problems=4)

    shop.upload(
        catalog(*rows, *bad, columns=BY_MARKET),
        filters=[GERMAN],
        source=SourceFile(path, limits=limits),
    )

    assert [line for line, *_ in shop.report()] == [2, 7, 8, 9]
