"""Reads listings to find out whether submissions without a response took effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import RequestRefusedError
from app.backmarket.wire.listings import Listing
from app.offers.service import sku_key
from app.publications.enums import Outcome
from app.publications.results.record import ChangeResult
from app.publications.results.submissions import SubmissionLine

BY_SKU_MAX = 60
"""Maximum number of listings to read one by one; more are read as pages."""


def took_effect(line: SubmissionLine, listing: Listing | None) -> bool:
    """Whether the listing has the values of the line.

    Back Market lowers the stock with each sale, so a quantity between the old and the
    new one means that the new one arrived and pieces were sold.
    Shipping is not compared: such a line counts as not arrived and is sent again.
    """
    after: Mapping[str, Any] = line.after
    if listing is None or "shipping" in after:
        return False
    if "grade" in after and listing.grade not in {None, after["grade"]}:
        return False
    if "quantity" in after and not _is_quantity_applied(line, listing.quantity):
        return False
    money = (("price", listing.price), ("min_price", listing.min_price))
    if any(
        name in after and (seen is None or seen != Decimal(after[name]))
        for name, seen in money
    ):
        return False
    return not any(
        name in after and seen != after[name]
        for name, seen in (
            ("warranty_delay", listing.warranty_delay),
            ("comment", listing.comment),
        )
    )


def _is_quantity_applied(line: SubmissionLine, seen: int | None) -> bool:
    if seen is None:
        return False
    requested, earlier = line.after["quantity"], line.before.get("quantity", -1)
    return bool(seen == requested or earlier < seen < requested)


async def read_listings(
    back_market: BackMarket,
    access: Access,
    lines: Sequence[SubmissionLine],
    max_pages: int | None = None,
) -> dict[int, Listing]:
    """The current listings of these lines, by line number.

    Few lines are looked up by SKU. If that finds none or is refused, all pages of
    listings are read, newest first.
    """
    if len(lines) <= BY_SKU_MAX:
        try:
            found = {
                line.seq: await back_market.listing_by_sku(access, line.sku)
                for line in lines
            }
        except RequestRefusedError:
            found = {}
        known = {seq: listing for seq, listing in found.items() if listing}
        if known:
            return known
    requested = {sku_key(line.sku): line.seq for line in lines}
    return await _search_pages(back_market, access, requested, max_pages)


@dataclass(frozen=True, slots=True)
class Found:
    """The listing of a SKU, and the one under its id if that has another SKU.

    Back Market may reuse an old listing, with its old SKU, for a creation (Back Market
    API, batch).
    """

    listing: Listing | None
    other: Listing | None = None


async def find(
    back_market: BackMarket, access: Access, sku: str, listing_id: str | None
) -> Found:
    """The current listing of a SKU: by its id if that is known, else by SKU."""
    other = None
    if listing_id:
        listing = await back_market.listing(access, listing_id)
        if listing and sku_key(listing.sku or sku) == sku_key(sku):
            return Found(listing)
        other = listing
    try:
        return Found(await back_market.listing_by_sku(access, sku), other)
    except RequestRefusedError:
        seen = await _search_pages(back_market, access, {sku_key(sku): 0})
        return Found(seen.get(0), other)


async def _search_pages(
    back_market: BackMarket,
    access: Access,
    requested: Mapping[str, int],
    max_pages: int | None = None,
) -> dict[int, Listing]:
    seen: dict[int, Listing] = {}
    page = 1
    while len(seen) < len(requested) and (max_pages is None or page <= max_pages):
        answer = await back_market.listings(access, page)
        for listing in answer.items:
            if (seq := requested.get(sku_key(listing.sku or ""))) is not None:
                seen[seq] = listing
        if not answer.has_next:
            break
        page += 1
    return seen


def split_by_effect(
    lines: Sequence[SubmissionLine], seen: Mapping[int, Listing]
) -> tuple[list[ChangeResult], list[SubmissionLine]]:
    """Split lines into those that took effect and those that did not."""
    arrived: list[ChangeResult] = []
    absent: list[SubmissionLine] = []
    for line in lines:
        listing = seen.get(line.seq)
        if took_effect(line, listing):
            assert listing is not None  # noqa: S101 - took_effect says so
            arrived.append(accepted(line, listing))
        else:
            absent.append(line)
    return arrived, absent


def accepted(line: SubmissionLine, listing: Listing) -> ChangeResult:
    """The result of an accepted line, with its listing."""
    return ChangeResult(
        line.seq,
        Outcome.ACCEPTED,
        listing_id=listing.id or listing.listing_id,
        backmarket_id=listing.backmarket_id,
        publication_state=listing.publication_state,
        max_price=listing.max_price,
        live_sku=_spelling(line, listing),
    )


def other_spellings(
    lines: Sequence[SubmissionLine], seen: Mapping[int, Listing]
) -> list[str]:
    """The SKUs of these listings that differ from those of the lines in spelling."""
    found = [
        (line.sku, _spelling(line, seen[line.seq]))
        for line in lines
        if line.seq in seen
    ]
    return [sku for sent, sku in found if sku and sku != sent]


def _spelling(line: SubmissionLine, listing: Listing) -> str | None:
    """The SKU of the listing; None if it is not that of the line, or not known."""
    is_its_own = sku_key(listing.sku or "") == sku_key(line.sku)
    return listing.sku if is_its_own else None
