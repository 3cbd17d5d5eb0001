"""Saves accounts, listings, products, tasks and orders in one file, and loads them."""

import asyncio
import json
import logging
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

from app.sandbox.accounts import Account
from app.sandbox.batches.tasks import Task
from app.sandbox.due import process_due
from app.sandbox.gc_pause import gc_paused
from app.sandbox.listings.listing_model import Listing, Offer
from app.sandbox.listings.shippers import Shipping
from app.sandbox.orders.order_model import LINE_MONEY, LateMove, Move, Order, OrderLine
from app.sandbox.orders.views import raw
from app.sandbox.products.product_catalog import Product
from app.sandbox.service_cases import ServiceCase
from app.sandbox.state import State

log = logging.getLogger(__name__)

Json = dict[str, Any]
VERSION = 2
OFFER_MONEY = ("price", "min_price", "price_to_win", "winner_price")
# Pause ten times as long as the last write took: a large state is saved less often.
IDLE_PER_WRITE = 10


def dump(state: State) -> Json:
    return {
        "version": VERSION,
        "last_listing": state.last_listing,
        "revoked": sorted(state.accounts.revoked),
        "products": [product_out(one) for one in state.catalog.by_product_id.values()],
        "accounts": [account_out(one) for one in state.accounts.by_id.values()],
        "tasks": [task_out(task) for task in state.tasks.by_id.values()],
        "orders": [raw(order) for order in state.orders.by_id.values()],
        "last_order": state.orders.last_order,
        "service_cases": [asdict(case) for case in state.service_cases.by_id.values()],
    }


def product_out(product: Product) -> Json:
    return {name: getattr(product, name) for name in Product.__slots__}


def task_out(task: Task) -> Json:
    return {name: getattr(task, name) for name in Task.__slots__}


def account_out(account: Account) -> Json:
    listings = account.listings
    return {
        "id": account.id,
        "platform": account.platform,
        "tokens": sorted(account.tokens),
        "listings": [listing_out(listings.by_number[key]) for key in listings.numbers],
    }


def listing_out(listing: Listing) -> Json:
    return {
        "id": listing.id,
        "listing_id": listing.listing_id,
        "sku": listing.sku,
        "product": listing.product.product_id,
        "grade": listing.grade,
        "quantity": listing.quantity,
        "new_battery": listing.new_battery,
        "waits_for_pub_state": listing.waits_for_pub_state,
        "offers": {code: offer_out(one) for code, one in listing.offers.items()},
    }


def text_or_none(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def offer_out(offer: Offer) -> Json:
    return {
        **{name: text_or_none(getattr(offer, name)) for name in OFFER_MONEY},
        "comment": offer.comment,
        "warranty_delay": offer.warranty_delay,
        "publication_state": offer.publication_state,
        "shippings": {
            slot: asdict(shipping) for slot, shipping in offer.shippings.items()
        },
        "max_price": offer.max_price,
        "title": offer.title,
    }


def restore(state: State, data: Json) -> None:
    state.last_listing = data["last_listing"]
    state.accounts.revoked = set(data["revoked"])
    state.catalog.load(Product(**one) for one in data["products"])
    for one in data["accounts"]:
        account = state.accounts.register(one["id"], one["platform"])
        account.tokens = set(one["tokens"])
        state.accounts.by_token.update(dict.fromkeys(account.tokens, account))
        for row in one["listings"]:
            account.listings.add(listing_in(state, row))
    for task in data["tasks"]:
        state.tasks.add(Task(**task))
    for one in data["orders"]:
        state.orders.add(order_in(one))
    state.orders.last_order = data["last_order"]
    for one in data.get("service_cases", ()):
        state.service_cases.add(ServiceCase(**one))


def listing_in(state: State, row: Json) -> Listing:
    product = state.catalog.by_product_id[row["product"]]
    offers = {code: offer_in(one) for code, one in row["offers"].items()}
    return Listing(**{**row, "product": product, "offers": offers})


def offer_in(row: Json) -> Offer:
    amounts = {
        name: None if row[name] is None else Decimal(row[name]) for name in OFFER_MONEY
    }
    shippings = {
        int(slot): Shipping(**shipping) for slot, shipping in row["shippings"].items()
    }
    return Offer(**{**row, **amounts, "shippings": shippings})


def order_in(row: Json) -> Order:
    lines = [line_in(one) for one in row["orderlines"]]
    late = [late_move_in(one) for one in row["late_moves"]]
    return Order(**{**row, "orderlines": lines, "late_moves": late})


def late_move_in(row: Json) -> LateMove:
    move = row["move"]
    lines = tuple(move["line_ids"])
    return LateMove(**{**row, "move": Move(**{**move, "line_ids": lines})})


def line_in(row: Json) -> OrderLine:
    return OrderLine(**{**row, **{name: Decimal(row[name]) for name in LINE_MONEY}})


class Snapshot:
    """The state file; it is replaced atomically."""

    def __init__(self, state: State, path: Path | None) -> None:
        self.state = state
        self.path = path
        self.saved_changes = state.changes

    def load(self) -> None:
        """Load the file; one of another version is left out."""
        if not (self.path and self.path.exists()):
            return
        with gc_paused():
            data = json.loads(self.path.read_bytes())
            if data["version"] != VERSION:
                log.warning("sandbox state of another version is not loaded")
                return
            restore(self.state, data)
        self.saved_changes = self.state.changes

    def save(self) -> None:
        """Save if the state changed since the last save."""
        if self.path is None or self.saved_changes == self.state.changes:
            return
        changes = self.state.changes
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.part")
        with gc_paused():
            draft.write_text(json.dumps(dump(self.state), separators=(",", ":")))
        draft.replace(self.path)
        self.saved_changes = changes

    async def run(self) -> None:
        """Process due tasks and save changes in a loop."""
        spent = 0.0
        while True:
            delay = self.state.options.snapshot_delay
            await asyncio.sleep(max(delay, spent * IDLE_PER_WRITE))
            process_due(self.state)
            started = perf_counter()
            try:
                self.save()
            except OSError:
                log.exception("sandbox state not saved")
            spent = perf_counter() - started
