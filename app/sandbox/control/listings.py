"""Control API of accounts and listings."""

from decimal import Decimal
from typing import Any

from starlette.requests import Request

from app.sandbox.accounts import Account
from app.sandbox.batches.rows import Identity
from app.sandbox.gc_pause import gc_paused
from app.sandbox.listings import listing_model
from app.sandbox.listings.fields import amount
from app.sandbox.listings.listing_model import GRADES, Listing, Offer
from app.sandbox.listings.shippers import Shipping
from app.sandbox.markets import MARKETS, Market
from app.sandbox.products.product_catalog import Product
from app.sandbox.state import State

Json = dict[str, Any]
LISTING_FIELDS = ("quantity", "grade", "new_battery", "waits_for_pub_state")
OFFER_FIELDS = ("comment", "warranty_delay", "max_price", "title")
PRODUCT_FIELDS = frozenset({"ean", "product_id", "backmarket_id"})
OFFER_MONEY = ("price", "min_price", "price_to_win", "winner_price")
DEFAULT_LIMIT = 100


class ControlError(Exception):
    """The control request is invalid or conflicts with the state."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


def listing_json(listing: Listing) -> Json:
    """Return all fields of all markets; Back Market has no such response."""
    return {
        "id": listing.id,
        "listing_id": listing.listing_id,
        "sku": listing.sku,
        "product_id": listing.product.product_id,
        "backmarket_id": listing.product.backmarket_id,
        "ean": listing.product.ean,
        "grade": listing.grade,
        "quantity": listing.quantity,
        "new_battery": listing.new_battery,
        "waits_for_pub_state": listing.waits_for_pub_state,
        "markets": {
            code: {
                "price": listing_model.money(offer.price),
                "min_price": listing_model.money(offer.min_price),
                "currency": MARKETS[code].currency,
                "comment": offer.comment,
                "warranty_delay": offer.warranty_delay,
                "publication_state": offer.publication_state,
                "max_price": listing_model.max_price(listing, offer, MARKETS[code]),
                "title": offer.title or listing.product.title(MARKETS[code]),
                "price_to_win": listing_model.money(offer.price_to_win),
                "winner_price": listing_model.money(offer.winner_price),
                "shippings": listing_model.as_json(listing, MARKETS[code])["shippings"],
            }
            for code, offer in sorted(listing.offers.items())
        },
    }


def money_or_none(raw: object) -> Decimal | None:
    return None if raw is None else amount(raw)


def edit_offer(offer: Offer, fields: Json, market: Market) -> None:
    for name in OFFER_MONEY:
        if name in fields:
            found = money_or_none(fields[name])
            if found is not None and found % market.cent:
                raise ControlError(f"{market.currency} has no fractions: {found}")
            setattr(offer, name, found)
    for name in OFFER_FIELDS:
        if name in fields:
            setattr(offer, name, fields[name])
    if "shippings" in fields:
        shippings = enumerate(fields["shippings"], start=1)
        offer.shippings = {slot: Shipping(**shipping) for slot, shipping in shippings}
    if offer.publication_state == listing_model.ARCHIVED:
        offer.publication_state = listing_model.OFFLINE


def edit_listing(account: Account, listing: Listing, fields: Json) -> None:
    """Set any field; publication states are recomputed unless given."""
    if fields.get("grade", listing.grade) not in GRADES:
        raise ControlError(f"grade must be one of {', '.join(GRADES)}")
    for name in LISTING_FIELDS:
        if name in fields:
            setattr(listing, name, fields[name])
    states = {}
    for code, market_fields in fields.get("markets", {}).items():
        offer = listing.offers.setdefault(code, Offer())
        edit_offer(offer, market_fields, MARKETS[code])
        if "publication_state" in market_fields:
            states[code] = int(market_fields["publication_state"])
    for code, offer in listing.offers.items():
        listing_model.refresh(listing, MARKETS[code])
        offer.publication_state = states.get(code, offer.publication_state)
    account.listings.changed()


def account_of(state: State, reference: str) -> Account:
    """Find an account by its id or one of its tokens."""
    account = state.accounts.find(reference)
    if account is None:
        raise ControlError(f"no account {reference!r}", 404)
    return account


def product_of(state: State, fields: Json) -> Product:
    """Return the product that `ean`, `product_id` or `backmarket_id` name.

    Both ids together make a new product with exactly these; `title` is the product's
    in every market.
    """
    catalog, options = state.catalog, state.options
    product_id, number = fields.get("product_id"), fields.get("backmarket_id")
    if ean := fields.get("ean"):
        product = catalog.by_any_ean(str(ean), options)
    elif product_id and number:
        product = catalog.by_both_ids(str(product_id), int(number))
    else:
        reference = product_id or number or state.last_listing + 1
        product = catalog.by_reference(str(reference), options)
    if product is None:
        raise ControlError(f"unknown product in {fields}")
    if title := fields.get("title"):
        rename(product, title)
    return product


def rename(product: Product, title: str) -> None:
    product.titles = dict.fromkeys(MARKETS, title)


class ListingControl:
    """Handlers for accounts and listings."""

    def __init__(self, state: State) -> None:
        self.state = state

    def account(self, reference: str) -> Account:
        return account_of(self.state, reference)

    def listing(self, request: Request) -> tuple[Account, Listing]:
        account = self.account(request.path_params["account"])
        listing = account.listings.of_sku(request.path_params["sku"])
        if listing is None:
            raise ControlError("no such listing", 404)
        return account, listing

    def accounts(self, request: Request, _body: Json) -> object:
        token = request.query_params.get("token")
        chosen = [self.account(token)] if token else self.state.accounts.by_id.values()
        return {"accounts": [self.account_json(account) for account in chosen]}

    def account_json(self, account: Account) -> Json:
        return {
            "id": account.id,
            "platform": account.platform,
            "tokens": len(account.tokens),
            "listings": len(account.listings),
        }

    def open_account(self, _request: Request, body: Json) -> object:
        account = self.state.accounts.register(body.get("id"), body.get("platform"))
        for token in body.get("tokens", ()):
            self.state.accounts.allow(account, token)
        self.state.touch()
        return self.account_json(account)

    def allow_token(self, request: Request, body: Json) -> object:
        account = self.account(request.path_params["account"])
        self.state.accounts.allow(account, body["token"])
        self.state.touch()
        return self.account_json(account)

    def revoke_token(self, _request: Request, body: Json) -> object:
        self.state.accounts.revoke(body["token"])
        self.state.touch()
        return {"revoked": True}

    def listings(self, request: Request, _body: Json) -> object:
        query = request.query_params
        reference, sku = query.get("account"), query.get("sku")
        start, size = (
            int(query.get("offset", 0)),
            int(query.get("limit", DEFAULT_LIMIT)),
        )
        accounts = self.state.accounts.by_id.values()
        found: dict[str, object] = {}
        for account in [self.account(reference)] if reference else accounts:
            listings = account.listings
            if sku is not None:
                chosen = [one] if (one := listings.of_sku(sku)) else []
            else:
                numbers = listings.numbers[start : start + size]
                chosen = [listings.by_number[number] for number in numbers]
            found[account.id] = [listing_json(listing) for listing in chosen]
        return {"accounts": found}

    def seed(self, request: Request, body: Json) -> object:
        account = self.account(request.path_params["account"])
        rows = body.get("listings")
        if rows is None:
            prefix = body.get("prefix", "SEED-")
            numbers = range(1, int(body["count"]) + 1)
            rows = [{**body, "sku": f"{prefix}{number:06}"} for number in numbers]
        with gc_paused():
            listings = [self.put(account, one) for one in rows]
        self.state.touch()
        return {
            "seeded": len(listings),
            "listings": [listing_json(one) for one in listings[:DEFAULT_LIMIT]],
        }

    def put(self, account: Account, fields: Json) -> Listing:
        """Create or edit a listing without a ledger entry."""
        sku = fields["sku"]
        listing = account.listings.of_sku(sku)
        if listing is None:
            product = product_of(self.state, fields)
            identity = Identity(product, "GOOD", new_battery=False)
            listing = self.state.new_listing(account, sku, identity)
        self.edit_fields(account, listing, fields)
        return listing

    def edit_fields(self, account: Account, listing: Listing, fields: Json) -> None:
        """Set fields of a listing; another product re-catalogs it."""
        if PRODUCT_FIELDS & fields.keys():
            listing.product = product_of(self.state, fields)
        elif title := fields.get("title"):
            rename(listing.product, title)
        edit_listing(account, listing, fields)

    def edit(self, request: Request, body: Json) -> object:
        account, listing = self.listing(request)
        self.edit_fields(account, listing, body)
        self.state.touch()
        return listing_json(listing)

    def remove(self, request: Request, _body: Json) -> object:
        account, listing = self.listing(request)
        account.listings.remove(listing)
        self.state.touch()
        return {"removed": listing.sku}
