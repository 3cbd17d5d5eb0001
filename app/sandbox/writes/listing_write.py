"""Applies a write to one listing, single or batch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from app.sandbox.accounts import Account
from app.sandbox.listings.fields import (
    SHIPPING_SLOTS,
    Changes,
    FieldErrors,
    currency_error,
    floor_error,
    fraction_errors,
    read_fields,
    shipper_errors,
)
from app.sandbox.listings.listing_model import (
    ONLINE,
    Listing,
    Offer,
    Shown,
    refresh,
    shown,
)
from app.sandbox.listings.shippers import Shipping
from app.sandbox.markets import MARKETS, Market
from app.sandbox.options import SandboxOptions

OWN_FIELDS = ("price", "min_price", "comment", "warranty_delay")
SHIPPING_FIELDS = (
    "shipper",
    "shipper_display",
    "shipping_price",
    "shipping_delay",
)


@dataclass(frozen=True, slots=True)
class Seller:
    """The account that writes, and the market."""

    account: Account
    market: Market


def checked(
    sent: Mapping[str, object], offer: Offer, market: Market, options: SandboxOptions
) -> tuple[Changes, FieldErrors]:
    """Parse the fields of a write and validate them together."""
    changes, errors = read_fields(sent)
    errors |= currency_error(changes, market)
    errors |= fraction_errors(changes, market)
    errors |= shipper_errors(changes, options)
    price = changes.get("price", offer.price)
    min_price = changes.get("min_price", offer.min_price)
    errors |= floor_error(price, min_price, options)  # type: ignore[arg-type]  # both parsed as amounts
    return changes, errors


class Effect(NamedTuple):
    """The names of the fields that changed, and the listing before and after."""

    changed: tuple[str, ...]
    before: Shown
    after: Shown


def apply(
    listing: Listing, changes: Changes, seller: Seller, options: SandboxOptions
) -> Effect:
    """Apply validated changes.

    Back Market, listings, update: the quantity applies to all markets, the rest to
    the market of the request.
    """
    market = seller.market
    before = shown(listing, market)
    offer = listing.offers.get(market.code)
    if offer is None:
        offer = listing.offers[market.code] = Offer()
    changed = [
        name
        for name in OWN_FIELDS
        if name in changes and getattr(offer, name) != changes[name]
    ]
    for name in changed:
        setattr(offer, name, changes[name])
    if apply_shippings(offer, changes):
        changed.append("shippings")
    if apply_quantity(listing, changes, options):
        changed.append("quantity")
        for code in listing.offers:
            refresh(listing, MARKETS[code])
    else:
        refresh(listing, market)
    seller.account.listings.changed()
    return Effect(tuple(changed), before, shown(listing, market))


def apply_quantity(listing: Listing, changes: Changes, options: SandboxOptions) -> bool:
    """Set the quantity. With require_pub_state, a listing that ran out of stock stays
    offline until a write sets `pub_state`.
    """
    quantity = changes.get("quantity", listing.quantity)
    before = (listing.quantity, listing.waits_for_pub_state)
    if isinstance(quantity, int):
        listing.quantity = quantity
    if not options.require_pub_state or changes.get("pub_state") == ONLINE:
        listing.waits_for_pub_state = False
    elif listing.quantity == 0:
        listing.waits_for_pub_state = True
    return before != (listing.quantity, listing.waits_for_pub_state)


def apply_shippings(offer: Offer, changes: Changes) -> bool:
    """Set slots; a null shipper clears its slot (Back Market, listings, update)."""
    if not any(name.startswith("shipp") for name in changes):
        return False
    before = dict(offer.shippings)
    for slot in SHIPPING_SLOTS:
        sent = {
            name: changes[f"{name}_{slot}"]
            for name in SHIPPING_FIELDS
            if f"{name}_{slot}" in changes
        }
        if not sent:
            continue
        if "shipper" in sent and sent["shipper"] is None:
            offer.shippings.pop(slot, None)
            continue
        shipping = offer.shippings.get(slot, Shipping("Other"))
        named = {name: value for name, value in sent.items() if value is not None}
        offer.shippings[slot] = replace(shipping, **named)  # type: ignore[arg-type]  # parsed by fields.PARSERS
    return before != offer.shippings
