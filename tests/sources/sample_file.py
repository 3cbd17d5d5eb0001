"""The file that merchants serve in tests of sources."""

from tests.support.shop import as_csv, row

STOCK = as_csv([row("A1"), row("B2", price="20.00")])
CSV = {"content_type": "text/csv"}
