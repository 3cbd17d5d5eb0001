"""What an import is told about its store, and what it tells afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.catalogs.engine.read.source import Found
from app.stores.mapping.mapping_model import CatalogMapping

DuplicatePolicy = Literal["first", "last", "reject"]
InvalidRowPolicy = Literal["keep", "withdraw"]


@dataclass(frozen=True, slots=True)
class ImportConfig:
    """The store's mapping, categories (`category_key` -> leaf), currency, policies."""

    mapping: CatalogMapping
    categories: Mapping[str, int]
    currency: str
    duplicates: DuplicatePolicy = "reject"
    invalid_rows: InvalidRowPolicy = "keep"
    partial: bool = False
    """Whether SKUs that the catalog does not name stay as they are."""
    commissions: Mapping[str, int] = field(default_factory=dict)
    """Hundredths of a percent by `category_key`; read where a cost is mapped."""


@dataclass(frozen=True, slots=True)
class Counts:
    """rows = created + changed + unchanged + invalid.

    `uncategorized`, `duplicates` and `excluded` are part of `invalid`; `disappeared`
    are offers that were for sale (or kept) and now are absent, left out by a filter
    or without a mapped category.
    """

    rows: int
    created: int
    changed: int
    unchanged: int
    invalid: int
    uncategorized: int
    duplicates: int
    disappeared: int
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a catalog. The counts are exact, `reported` rows are stored.

    `empty` are attributes that every offer needs and no row has a value for.
    """

    counts: Counts
    columns: tuple[str, ...]
    found: Found
    source_categories: dict[str, int]
    problem_counts: dict[str, int]
    reported: int
    excluded_by: dict[str, int] = field(default_factory=dict)
    """Rows that each filter left out; a row counts for the first that fits."""
    empty: tuple[str, ...] = ()
