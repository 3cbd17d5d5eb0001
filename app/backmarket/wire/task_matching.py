"""Matches the entries of a task report to the rows that were sent. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.backmarket.wire.scalars import same_sku
from app.backmarket.wire.tasks import ListingRef, Refusal, TaskReport


@dataclass(frozen=True, slots=True)
class Matched:
    """Each row sent is in one of `accepted`, `refused`, `missing`, under its own SKU.

    `unmatched` are the report's keys that fit no row, or more than one.
    """

    accepted: Mapping[str, ListingRef] = field(default_factory=dict)
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


def match_rows(
    report: TaskReport,
    skus: Sequence[str],
    eans: Sequence[str | None] = (),
    listing_ids: Sequence[str | None] = (),
) -> Matched:
    """Map a report back to the SKUs sent.

    Section 14.7: entries may be keyed by SKU (`same_sku`), by EAN or by listing id; the
    latter two count only where exactly one row sent has them. `eans` and `listing_ids`
    are in the order of `skus`, or are left out. A row both accepted and refused is
    refused.
    """
    index = _index(skus, eans, listing_ids)

    def sku_of(key: str) -> str | None:
        names = (key, *report.aliases.get(key, ()))
        return next((sku for name in names if (sku := _find(index, name))), None)

    found = {key: sku_of(key) for key in (*report.refused, *report.accepted)}
    refused = {sku: why for key, why in report.refused.items() if (sku := found[key])}
    accepted = {
        sku: ref
        for key, ref in report.accepted.items()
        if (sku := found[key]) and sku not in refused
    }
    return Matched(
        accepted,
        refused,
        tuple(sku for sku in skus if sku not in accepted and sku not in refused),
        tuple(key for key, sku in found.items() if sku is None),
    )


_Index = Sequence[Mapping[str, str | None]]


def _index(
    skus: Sequence[str],
    eans: Sequence[str | None],
    listing_ids: Sequence[str | None],
) -> _Index:
    """Order the ways to find a row, the surest first; None marks a name of several."""
    return (
        {sku: sku for sku in skus},
        _unambiguous((same_sku(sku), sku) for sku in skus),
        _unambiguous(
            (ean.strip().lstrip("0"), sku)
            for ean, sku in zip(eans, skus, strict=False)
            if ean
        ),
        _unambiguous(
            (listing_id.strip().casefold(), sku)
            for listing_id, sku in zip(listing_ids, skus, strict=False)
            if listing_id
        ),
    )


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, sku in pairs:
        found[name] = sku if found.get(name, sku) == sku else None
    return found


def _find(index: _Index, name: str) -> str | None:
    by_sku, by_any_case, by_ean, by_listing = index
    folded = name.strip().casefold()
    # An EAN that was stored as a number has lost its leading zeros.
    return (
        by_sku.get(name)
        or by_any_case.get(same_sku(name))
        or by_ean.get(folded.lstrip("0"))
        or by_listing.get(folded)
    )
