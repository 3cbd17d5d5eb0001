"""The reading half of Back Market's API, and the update of one listing."""

from starlette.responses import JSONResponse, Response

from app.sandbox import envelopes
from app.sandbox.api import pages
from app.sandbox.api.request import Call, bad_request, not_found
from app.sandbox.batches import tasks
from app.sandbox.batches.rows import is_uuid
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import ROWS, FaultKind, Occasion
from app.sandbox.limits import Limit, admits
from app.sandbox.listings import listing_model
from app.sandbox.listings.ledger import Line, Origin
from app.sandbox.listings.listing_model import Listing
from app.sandbox.listings.listing_store import Wanted
from app.sandbox.products import categories
from app.sandbox.products.categories import Category
from app.sandbox.writes.listing_write import Seller, apply, checked


def list_listings(call: Call) -> Response:
    """GET /ws/listings (Back Market, listings, list)."""
    page = pages.page_asked(
        call.integer("page"), call.integer("page-size"), call.world.options
    )
    if page is None:
        return envelopes.v1(400, "invalid", "Pages start at 1")
    wanted = Wanted(
        call.integer("publication_state"),
        call.integer("min_quantity"),
        call.integer("max_quantity"),
    )
    shelf = call.account.shelf
    count, found = shelf.page(wanted, call.market, page.start, page.size)
    if pages.is_past_the_end(page, count):
        return not_found("Page")
    return JSONResponse(
        {
            "count": count,
            **pages.links(call.url, call.query, page, count),
            "results": [listing_model.as_json(one, call.market) for one in found],
        }
    )


def shown(call: Call, listing: Listing | None) -> Response:
    if listing is None:
        return not_found("Listing")
    body = listing_model.as_json(listing, call.market)
    return JSONResponse({**body, "statuscode": 200})


def listing_of(call: Call, reference: str) -> Listing | None:
    """By UUID, or by the older integer (Back Market, listings, one)."""
    shelf = call.account.shelf
    if reference.isascii() and reference.isdigit():
        return shelf.by_number.get(int(reference))
    return shelf.by_uuid.get(reference.lower())


def get_listing(call: Call) -> Response:
    return shown(call, listing_of(call, call.params["id"]))


def find_listing(call: Call) -> Response:
    """GET /ws/listings/detail by sku, listing_id or id (Back Market, listings)."""
    if sku := call.query.get("sku"):
        return shown(call, call.account.shelf.of_sku(sku))
    reference = call.query.get("listing_id") or call.query.get("id")
    if not reference:
        message = "One of sku, listing_id, id is required"
        return envelopes.v1(400, "invalid", message)
    return shown(call, listing_of(call, reference))


def charge_lines(call: Call, lines: int) -> None:
    """About 2,000 SKU lines an hour over both doors (Back Market, rate limits)."""
    options = call.world.options
    if not options.limits_on:
        return
    limit = Limit(options.sku_lines_per_hour, 3600)
    gauge = call.world.gauge(call.account, "sku lines")
    if not admits(gauge, limit, call.world.clock(), lines):
        message = "Too many SKU lines in the last hour"
        raise RefusedError(envelopes.v1(429, envelopes.THROTTLED, message))


def update_listing(call: Call) -> Response:
    """POST /ws/listings/{id} (Back Market, listings, update).

    Grade and SKU cannot change: they are passed over like any unknown field.
    """
    reference = call.params["id"]
    if not (reference.isdigit() or is_uuid(reference)):
        return bad_request("Listing ID must be an integer or a UUID")
    listing = listing_of(call, reference)
    if listing is None:
        return not_found("Listing")
    sent = call.json_object()
    charge_lines(call, 1)
    line = write_one(call, listing, sent)
    origin = Origin(call.account.id, "single", call.market.code)
    call.world.ledger.write(call.world.clock(), origin, line)
    if line.result == "rejected":
        return bad_request(line.message or "refused")
    call.world.touch()
    body = {**listing_model.as_json(listing, call.market), "statuscode": 200}
    if any(name.startswith("shipp") for name in sent):
        body["shippings_response"] = ["Shipping methods processed"]
    return JSONResponse(body)


def write_one(call: Call, listing: Listing, sent: dict[str, object]) -> Line:
    options, sku = call.world.options, listing.sku
    occasion = Occasion(call.method, call.path, call.account.id, sku)
    if fault := call.world.faults.take(ROWS, occasion):
        if fault.kind is FaultKind.IGNORED_ROW:
            return Line(sku, sent, "ignored")
        return Line(sku, sent, "rejected", message=fault.message or "refused")
    offer = listing.offer(call.market)
    changes, mistakes = checked(sent, offer, call.market, options)
    if mistakes:
        reasons = "; ".join(f"{name}: {why}" for name, why in mistakes.items())
        return Line(sku, sent, "rejected", message=reasons)
    seller = Seller(call.account, call.market)
    return Line(sku, sent, "updated", apply(listing, changes, seller, options))


def get_task(call: Call) -> Response:
    """GET /ws/tasks/{id}; 404 for another seller's (Back Market, listings, task)."""
    reference = call.params["id"]
    task = call.world.tasks.by_id.get(int(reference)) if reference.isdigit() else None
    if task is None or task.account_id != call.account.id:
        return not_found("Task")
    return JSONResponse(tasks.as_json(task, call.world.clock()))


def category_tree(call: Call) -> Response:
    """GET /ws/category/tree (Back Market, categories)."""
    return branches(call, categories.TREE)


def branches(call: Call, found: tuple[Category, ...]) -> Response:
    language = call.market.language
    return JSONResponse([categories.as_json(one, language) for one in found])


def category_branch(call: Call) -> Response:
    """GET /ws/category/tree/{id}: the children only (Back Market, categories)."""
    reference = call.params["id"]
    found = categories.BY_ID.get(int(reference)) if reference.isdigit() else None
    if found is None:
        return not_found("Category")
    return branches(call, found.children)
