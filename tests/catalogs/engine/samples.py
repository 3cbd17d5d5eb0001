"""A mapping and catalogs that tests share."""

from collections.abc import Iterable

GOOD_EANS = ("4006381333931", "96385074", "036000291452", "5901234123457")
COLUMNS = ("sku", "ean", "price", "quantity", "grade", "category")
MAPPING = {name: {"column": name} for name in COLUMNS}


def row(sku: str, **cells: str) -> dict[str, str]:
    """A good row, but for the given cells."""
    return {
        "sku": sku,
        "ean": GOOD_EANS[0],
        "price": "199.90",
        "quantity": "5",
        "grade": "GOOD",
        "category": "Phones",
    } | cells


def catalog(*rows: dict[str, str], columns: Iterable[str] = COLUMNS) -> str:
    """The rows as CSV."""
    lines = [",".join(columns)]
    lines += [",".join(cells.get(name, "") for name in columns) for cells in rows]
    return "\n".join(lines) + "\n"
