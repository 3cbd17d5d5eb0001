"""Stores the listings of one account: lookup by key, filtered pages."""

from bisect import insort
from collections import OrderedDict
from dataclasses import dataclass, field

from app.sandbox.listings.listing_model import Listing
from app.sandbox.markets import Market

CACHED_FILTERS = 16


@dataclass(frozen=True, slots=True)
class ListingFilter:
    """The filters of the list (Back Market, listings, list)."""

    publication_state: int | None = None
    min_quantity: int | None = None
    max_quantity: int | None = None

    @property
    def unfiltered(self) -> bool:
        return self == ALL_LISTINGS

    def matches(self, listing: Listing, market: Market) -> bool:
        if self.min_quantity is not None and listing.quantity < self.min_quantity:
            return False
        if self.max_quantity is not None and listing.quantity > self.max_quantity:
            return False
        state = self.publication_state
        return state is None or listing.offer(market).publication_state == state


ALL_LISTINGS = ListingFilter()


@dataclass(slots=True)
class ListingStore:
    """Keeps ids sorted on insert, so that pages need no sort."""

    by_uuid: dict[str, Listing] = field(default_factory=dict)
    by_number: dict[int, Listing] = field(default_factory=dict)
    by_sku: dict[str, Listing] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    version: int = 0
    filtered: OrderedDict[tuple[int, str, ListingFilter], list[int]] = field(
        default_factory=OrderedDict
    )

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, listing: Listing) -> None:
        self.by_uuid[listing.id] = listing
        self.by_number[listing.listing_id] = listing
        self.by_sku[listing.sku.casefold()] = listing
        if not self.numbers or listing.listing_id > self.numbers[-1]:
            self.numbers.append(listing.listing_id)
        else:
            insort(self.numbers, listing.listing_id)
        self.version += 1

    def remove(self, listing: Listing) -> None:
        """Used by the control API; sellers cannot delete listings at Back Market."""
        del self.by_uuid[listing.id]
        del self.by_number[listing.listing_id]
        del self.by_sku[listing.sku.casefold()]
        self.numbers.remove(listing.listing_id)
        self.version += 1

    def changed(self) -> None:
        self.version += 1

    def of_sku(self, sku: str) -> Listing | None:
        """Find by SKU, case-insensitively (Back Market, listings, sku)."""
        return self.by_sku.get(sku.casefold())

    def page(
        self, chosen: ListingFilter, market: Market, start: int, size: int
    ) -> tuple[int, list[Listing]]:
        """Return the count and one page, by descending listing_id."""
        numbers = self._numbers(chosen, market)
        end = len(numbers) - start
        found = numbers[max(end - size, 0) : max(end, 0)]
        return len(numbers), [self.by_number[number] for number in reversed(found)]

    def _numbers(self, chosen: ListingFilter, market: Market) -> list[int]:
        if chosen.unfiltered:
            return self.numbers
        key = (self.version, market.code, chosen)
        if (found := self.filtered.get(key)) is None:
            found = [
                number
                for number in self.numbers
                if chosen.matches(self.by_number[number], market)
            ]
            self.filtered[key] = found
            if len(self.filtered) > CACHED_FILTERS:
                self.filtered.popitem(last=False)
        return found
