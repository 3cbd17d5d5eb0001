"""The tester's hand on accounts, listings, products and tasks."""

from decimal import Decimal
from typing import Any

from starlette.requests import Request

from app.sandbox.accounts import Account
from app.sandbox.batches.rows import Identity
from app.sandbox.batches.tasks import Task, status_at
from app.sandbox.gc_pause import growing
from app.sandbox.listings import listing_model as goods
from app.sandbox.listings.fields import amount
from app.sandbox.listings.listing_model import GRADES, Listing, Offer
from app.sandbox.listings.shippers import Shipping
from app.sandbox.markets import MARKETS
from app.sandbox.products.product_catalog import Product
from app.sandbox.state import World
from app.sandbox.writes.batch import work_through

Json = dict[str, Any]
LISTING_FIELDS = ("quantity", "grade", "new_battery", "waits_for_pub_state")
OFFER_FIELDS = ("comment", "warranty_delay", "max_price", "title")
MANY = 100


class CannotError(Exception):
    """The control call makes no sense here; the message says why."""

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.status = status


def listing_json(listing: Listing) -> Json:
    """Everything there is, market by market; Back Market never shows this."""
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
                "price": goods.money(offer.price),
                "min_price": goods.money(offer.min_price),
                "currency": MARKETS[code].currency,
                "comment": offer.comment,
                "warranty_delay": offer.warranty_delay,
                "publication_state": offer.publication_state,
                "max_price": goods.max_price(listing, offer, MARKETS[code]),
                "title": offer.title or listing.product.title(MARKETS[code]),
                "shippings": goods.as_json(listing, MARKETS[code])["shippings"],
            }
            for code, offer in sorted(listing.offers.items())
        },
    }


def task_json(task: Task, now: float) -> Json:
    return {
        "task_id": task.task_id,
        "account": task.account_id,
        "market": task.market,
        "status": status_at(task, now),
        "lines": task.lines,
        "created_at": task.created_at,
        "ends_at": task.ends_at,
        "stuck": task.stuck,
        "failure": task.failure,
        "succeeded": len(task.success),
        "refused": len(task.errors),
    }


def money_or_none(raw: object) -> Decimal | None:
    return None if raw is None else amount(raw)


def edit_offer(offer: Offer, wanted: Json) -> None:
    for name in ("price", "min_price"):
        if name in wanted:
            setattr(offer, name, money_or_none(wanted[name]))
    for name in OFFER_FIELDS:
        if name in wanted:
            setattr(offer, name, wanted[name])
    if "shippings" in wanted:
        ways = enumerate(wanted["shippings"], start=1)
        offer.shippings = {slot: Shipping(**way) for slot, way in ways}
    if offer.publication_state == goods.ARCHIVED:
        offer.publication_state = goods.OFFLINE


def edit_listing(account: Account, listing: Listing, wanted: Json) -> None:
    """Any field, as somebody could in the back office; states follow unless given."""
    if wanted.get("grade", listing.grade) not in GRADES:
        raise CannotError(f"grade must be one of {', '.join(GRADES)}")
    for name in LISTING_FIELDS:
        if name in wanted:
            setattr(listing, name, wanted[name])
    states = {}
    for code, fields in wanted.get("markets", {}).items():
        edit_offer(listing.offers.setdefault(MARKETS[code].code, Offer()), fields)
        if "publication_state" in fields:
            states[code] = int(fields["publication_state"])
    for code, offer in listing.offers.items():
        goods.refresh(listing, MARKETS[code])
        offer.publication_state = states.get(code, offer.publication_state)
    account.shelf.changed()


class Goods:
    """What sellers have at the sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world

    def account(self, reference: str) -> Account:
        account = self.world.accounts.find(reference)
        if account is None:
            raise CannotError(f"no account {reference!r}", 404)
        return account

    def listing(self, request: Request) -> tuple[Account, Listing]:
        account = self.account(request.path_params["account"])
        listing = account.shelf.of_sku(request.path_params["sku"])
        if listing is None:
            raise CannotError("no such listing", 404)
        return account, listing

    def accounts(self, request: Request, _body: Json) -> object:
        token = request.query_params.get("token")
        chosen = [self.account(token)] if token else self.world.accounts.by_id.values()
        return {"accounts": [self.account_json(account) for account in chosen]}

    def account_json(self, account: Account) -> Json:
        return {
            "id": account.id,
            "platform": account.platform,
            "tokens": len(account.tokens),
            "listings": len(account.shelf),
        }

    def open_account(self, _request: Request, body: Json) -> object:
        account = self.world.accounts.register(body.get("id"), body.get("platform"))
        for token in body.get("tokens", ()):
            self.world.accounts.allow(account, token)
        self.world.touch()
        return self.account_json(account)

    def allow_token(self, request: Request, body: Json) -> object:
        account = self.account(request.path_params["account"])
        self.world.accounts.allow(account, body["token"])
        self.world.touch()
        return self.account_json(account)

    def revoke_token(self, _request: Request, body: Json) -> object:
        self.world.accounts.revoke(body["token"])
        self.world.touch()
        return {"revoked": True}

    def listings(self, request: Request, _body: Json) -> object:
        query = request.query_params
        reference, sku = query.get("account"), query.get("sku")
        start, size = int(query.get("offset", 0)), int(query.get("limit", MANY))
        everyone = self.world.accounts.by_id.values()
        found: dict[str, object] = {}
        for account in [self.account(reference)] if reference else everyone:
            shelf = account.shelf
            if sku is not None:
                chosen = [one] if (one := shelf.of_sku(sku)) else []
            else:
                numbers = shelf.numbers[start : start + size]
                chosen = [shelf.by_number[number] for number in numbers]
            found[account.id] = [listing_json(listing) for listing in chosen]
        return {"accounts": found}

    def seed(self, request: Request, body: Json) -> object:
        account = self.account(request.path_params["account"])
        wanted = body.get("listings")
        if wanted is None:
            prefix = body.get("prefix", "SEED-")
            numbers = range(1, int(body["count"]) + 1)
            wanted = [{**body, "sku": f"{prefix}{number:06}"} for number in numbers]
        with growing():
            listings = [self.put(account, one) for one in wanted]
        self.world.touch()
        return {
            "seeded": len(listings),
            "listings": [listing_json(one) for one in listings[:MANY]],
        }

    def put(self, account: Account, wanted: Json) -> Listing:
        """A listing as if it had always been there; the ledger knows nothing."""
        sku = wanted["sku"]
        listing = account.shelf.of_sku(sku)
        if listing is None:
            identity = Identity(self.product_for(wanted), "GOOD", new_battery=False)
            listing = self.world.new_listing(account, sku, identity)
        edit_listing(account, listing, wanted)
        return listing

    def product_for(self, wanted: Json) -> Product:
        catalogue, options = self.world.catalogue, self.world.options
        if ean := wanted.get("ean"):
            product = catalogue.by_any_ean(str(ean), options)
        elif reference := wanted.get("product_id"):
            product = catalogue.by_reference(str(reference), options)
        else:
            number = self.world.last_listing + 1
            product = catalogue.by_reference(str(number), options)
        if product is None:
            raise CannotError(f"unknown product for {wanted['sku']!r}")
        return product

    def edit(self, request: Request, body: Json) -> object:
        account, listing = self.listing(request)
        edit_listing(account, listing, body)
        self.world.touch()
        return listing_json(listing)

    def remove(self, request: Request, _body: Json) -> object:
        account, listing = self.listing(request)
        account.shelf.remove(listing)
        self.world.touch()
        return {"removed": listing.sku}

    def tasks(self, request: Request, _body: Json) -> object:
        now, reference = self.world.clock(), request.query_params.get("account")
        wanted = self.account(reference).id if reference else None
        chosen = [
            task
            for task in self.world.tasks.by_id.values()
            if wanted in (None, task.account_id)
        ]
        return {"tasks": [task_json(task, now) for task in chosen]}

    def finish_task(self, request: Request, _body: Json) -> object:
        task = self.world.tasks.by_id.get(request.path_params["id"])
        if task is None:
            raise CannotError("no such task", 404)
        now = self.world.clock()
        held_back = task.stuck and not task.applies
        task.starts_at = task.ends_at = task.odd_until = now
        task.stuck, task.applies = False, True
        if not task.settled or held_back:
            self.world.tasks.waiting = [
                one for one in self.world.tasks.waiting if one is not task
            ]
            work_through(self.world, task)
        return task_json(task, now)
