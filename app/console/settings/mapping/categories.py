"""Which of the merchant's categories are mapped to which of Back Market. Pure."""

from dataclasses import dataclass

from app.console.core.api_client import Json

PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A source category: its rows in the newest catalog, and its target."""

    source: str
    rows: int | None
    category_id: int | None
    path: str | None
    cpa: str | None


def category_rows(categories: Json, paths: dict[int, str]) -> list[Row]:
    """Those of the catalog, unmapped ones with many rows first, then the others."""
    targets = {key_of(item["source"]): item for item in categories["items"]}
    found = categories["found_in_catalog"]
    rows = [_row(f["source"], f["rows"], targets, paths) for f in found]
    rows.sort(key=lambda row: (row.category_id is not None, -(row.rows or 0)))
    seen = {key_of(each["source"]) for each in found}
    unused = [i["source"] for key, i in targets.items() if key not in seen]
    return rows + [_row(source, None, targets, paths) for source in unused]


def _row(
    source: str, rows: int | None, targets: dict[str, Json], paths: dict[int, str]
) -> Row:
    target = targets.get(key_of(source))
    if target is None:
        return Row(source, rows, None, None, None)
    number = target["category_id"]
    return Row(source, rows, number, paths.get(number), target["cpa"])


def key_of(source: str) -> str:
    """Sources are the same in any case and with any outer spaces."""
    return " ".join(source.split()).casefold()


def with_target(items: list[Json], source: str, target: Json | None) -> list[Json]:
    """The mappings with another target of one source; None removes it."""
    others = [item for item in items if key_of(item["source"]) != key_of(source)]
    return [*others, *([{"source": source, **target}] if target else [])]
