"""Input and result of an import: store settings in, counts out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.catalogs.engine.read.source import DetectedFormat
from app.stores.mapping.mapping_model import CatalogMapping

DuplicatePolicy = Literal["first", "last", "reject"]
InvalidRowPolicy = Literal["keep", "withdraw"]


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What the pairs of EAN and product id of a whole catalog show.

    `mismatched`: pairs that contradict another one, sorted. `several`: product ids with
    more than one EAN, sorted.
    """

    mismatched: tuple[str, ...] = ()
    several: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportConfig:
    """The store's mapping, categories (`category_key` -> leaf), currency, policies."""

    mapping: CatalogMapping
    categories: Mapping[str, int]
    currency: str
    duplicates: DuplicatePolicy = "reject"
    invalid_rows: InvalidRowPolicy = "keep"
    partial: bool = False
    """Whether SKUs that the catalog does not contain are left unchanged."""
    commissions: Mapping[str, int] = field(default_factory=dict)
    """Hundredths of a percent by `category_key`; used where a cost is mapped."""
    products: ProductFacts = field(default_factory=ProductFacts)
    """What the product ids of the whole catalog show; the engine sets it."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """rows = created + changed + unchanged + invalid.

    `uncategorized`, `duplicates` and `excluded` are part of `invalid`. `disappeared`
    counts offers that were active or retained and are now missing from the catalog,
    excluded by a filter or without a mapped category. `unreadable` counts rows whose
    SKU cannot be read.
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
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """Result of an import. `reported` is the number of stored row problems.

    `empty` lists required attributes without a value in any row.
    """

    counts: ImportCounts
    columns: tuple[str, ...]
    detected: DetectedFormat
    source_categories: dict[str, int]
    problem_counts: dict[str, int]
    reported: int
    excluded_by: dict[str, int] = field(default_factory=dict)
    """Excluded rows by filter; a row counts for the first filter that matches."""
    empty: tuple[str, ...] = ()
