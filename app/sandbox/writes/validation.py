"""Validates described products, so that their listings can go online."""

from collections.abc import Iterable

from app.sandbox.listings.listing_model import refresh
from app.sandbox.markets import MARKETS
from app.sandbox.products.product_catalog import Product
from app.sandbox.state import State


def validate(state: State, products: Iterable[Product]) -> None:
    """Mark products as validated and recompute their listings."""
    chosen = set()
    for product in products:
        product.validated, product.validates_at = True, None
        chosen.add(product.product_id)
    if not chosen:
        return
    refresh_listings(state, chosen)
    state.touch()


def refresh_listings(state: State, product_ids: set[str]) -> None:
    """Recompute the listings of these products in one pass over all listings."""
    for account in state.accounts.by_id.values():
        for listing in account.listings.by_uuid.values():
            if listing.product.product_id in product_ids:
                for code in listing.offers:
                    refresh(listing, MARKETS[code])
        account.listings.changed()


def validate_due(state: State) -> None:
    """Validate products that are due (option validation_takes)."""
    validate(state, state.catalog.take_due(state.clock()))
