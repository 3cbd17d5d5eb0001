"""A listing: fields shared by all markets, fields per market, publication state."""

from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import NamedTuple

from app.sandbox.listings.shippers import Shipping
from app.sandbox.markets import Market
from app.sandbox.products.product_catalog import Product

INCOMPLETE, AWAITING, ONLINE, OFFLINE, ARCHIVED = 0, 1, 2, 3, 4

# Grade -> the older code in `state` (Back Market, listings, grades).
GRADES = {
    "PREMIUM": 9,
    "EXCELLENT": 0,
    "VERY_GOOD": 1,
    "GOOD": 2,
    "FAIR": 3,
    "STALLONE": 4,
}
GRADE_WORDS = {code: word for word, code in GRADES.items()}


@dataclass(slots=True)
class Offer:
    """The fields of one market; only the control API sets those after `shippings`.

    Without `price_to_win` the offer has no competitor.
    """

    price: Decimal | None = None
    min_price: Decimal | None = None
    comment: str | None = None
    warranty_delay: int = 12
    publication_state: int = INCOMPLETE
    shippings: dict[int, Shipping] = field(default_factory=dict)
    max_price: float | None = None
    title: str | None = None
    price_to_win: Decimal | None = None
    winner_price: Decimal | None = None


@dataclass(slots=True)
class Listing:
    id: str
    listing_id: int
    sku: str
    product: Product
    grade: str
    quantity: int = 0
    new_battery: bool = False
    # Only with the option require_pub_state: out of stock, not put online again yet.
    waits_for_pub_state: bool = False
    offers: dict[str, Offer] = field(default_factory=dict)

    def offer(self, market: Market) -> Offer:
        """Return the market's offer; an empty one is incomplete."""
        return self.offers.get(market.code) or Offer()


def max_price(listing: Listing, offer: Offer, market: Market) -> float:
    if offer.max_price is not None:
        return offer.max_price
    return listing.product.cap(market)


def publication_state(
    offer: Offer, quantity: int, cap: float, *, validated: bool, waits: bool = False
) -> int:
    """Derive the state of an offer (Back Market, listings, publication_state)."""
    if offer.publication_state == ARCHIVED:
        return ARCHIVED
    if offer.price is None:
        return INCOMPLETE
    if not validated:
        return AWAITING
    if quantity == 0 or waits or float(offer.price) > cap:
        return OFFLINE
    return ONLINE


def refresh(listing: Listing, market: Market) -> None:
    """Recompute the market's publication state."""
    offer = listing.offers.get(market.code)
    if offer is None:
        return
    offer.publication_state = publication_state(
        offer,
        listing.quantity,
        max_price(listing, offer, market),
        validated=listing.product.validated,
        waits=listing.waits_for_pub_state,
    )


def money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


class Shown(NamedTuple):
    """What a listing shows in one market; a tuple, because there are thousands."""

    quantity: int
    price: Decimal | None
    min_price: Decimal | None
    comment: str | None
    warranty_delay: int
    publication_state: int
    shippings: tuple[Shipping, ...]

    def as_json(self) -> dict[str, object]:
        return {
            **self._asdict(),
            "price": money(self.price),
            "min_price": money(self.min_price),
            "shippings": [asdict(one) for one in self.shippings],
        }


def shown(listing: Listing, market: Market) -> Shown:
    offer = listing.offer(market)
    return Shown(
        listing.quantity,
        offer.price,
        offer.min_price,
        offer.comment,
        offer.warranty_delay,
        offer.publication_state,
        tuple(one for _, one in sorted(offer.shippings.items())),
    )


def as_json(listing: Listing, market: Market) -> dict[str, object]:
    """Render a listing for one market (Back Market, listings, object)."""
    offer = listing.offer(market)
    cap = max_price(listing, offer, market)
    return {
        "id": listing.id,
        "listing_id": listing.listing_id,
        "sku": listing.sku,
        "title": offer.title or listing.product.title(market),
        "product_id": listing.product.product_id,
        "backmarket_id": listing.product.backmarket_id,
        "state": GRADES[listing.grade],
        "grade": listing.grade,
        "price": money(offer.price),
        "min_price": money(offer.min_price),
        # Documented as a string; real responses have an integer or a decimal number.
        "max_price": int(cap) if cap == int(cap) else cap,
        "currency": market.currency,
        "quantity": listing.quantity,
        "publication_state": offer.publication_state,
        "comment": offer.comment,
        "warranty_delay": offer.warranty_delay,
        "shippings": [
            {
                "shipper": shipping.shipper,
                "shipper_display": shipping.shipper_display or shipping.shipper,
                "shipping_price": shipping.shipping_price,
                "shipping_delay": shipping.shipping_delay,
                "country_code": market.locale,
            }
            for _, shipping in sorted(offer.shippings.items())
        ],
        "new_battery": listing.new_battery,
        "snowden": False,
    }
