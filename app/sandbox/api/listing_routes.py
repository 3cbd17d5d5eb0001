"""Routes of listings, tasks and categories."""

from collections.abc import Callable
from uuid import UUID

from starlette.responses import JSONResponse, Response

from app.sandbox import envelopes
from app.sandbox.api import pages
from app.sandbox.api.request import (
    ApiRequest,
    bad_request,
    not_found,
    whole_number,
)
from app.sandbox.batches import tasks
from app.sandbox.batches.rows import is_uuid
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import ROWS, FaultContext, FaultKind
from app.sandbox.limits import Limit, try_consume
from app.sandbox.listings import listing_model
from app.sandbox.listings.ledger import LedgerLine, Origin
from app.sandbox.listings.listing_model import Listing
from app.sandbox.listings.listing_store import ListingFilter
from app.sandbox.products import categories
from app.sandbox.writes.listing_write import Seller, apply, checked


def list_listings(request: ApiRequest) -> Response:
    """GET /ws/listings (Back Market, listings, list)."""
    page = pages.requested_page(
        request.integer("page"), request.integer("page-size"), request.state.options
    )
    if page is None:
        return envelopes.v1(400, "invalid", "Pages start at 1")
    wanted = ListingFilter(
        request.integer("publication_state"),
        request.integer("min_quantity"),
        request.integer("max_quantity"),
    )
    listings = request.account.listings
    count, found = listings.page(wanted, request.market, page.start, page.size)
    if pages.is_past_the_end(page, count):
        return not_found("Page")
    return JSONResponse(
        {
            "count": count,
            **pages.links(request.url, request.query, page, count),
            "results": [listing_model.as_json(one, request.market) for one in found],
        }
    )


def refuse_id(message: str) -> Response:
    return envelopes.v1(400, "invalid", message)


def listing_response(request: ApiRequest, listing: Listing | None) -> Response:
    if listing is None:
        return not_found("Listing")
    body = listing_model.as_json(listing, request.market)
    return JSONResponse({**body, "statuscode": 200})


def listing_of(
    request: ApiRequest, reference: str, refuse: Callable[[str], Response] = refuse_id
) -> Listing | None:
    """Find by UUID or by the older integer id (Back Market, listings, one).

    Anything else is 400, not 404 (Back Market, corrections, listings).
    """
    listings = request.account.listings
    if (number := whole_number(reference)) is not None:
        return listings.by_number.get(number)
    if not is_uuid(reference):
        raise RefusedError(refuse("Listing ID must be an integer or a UUID"))
    return listings.by_uuid.get(str(UUID(reference)))


def get_listing(request: ApiRequest) -> Response:
    return listing_response(request, listing_of(request, request.params["id"]))


def find_listing(request: ApiRequest) -> Response:
    """GET /ws/listings/detail by sku, listing_id or id (Back Market, listings)."""
    if sku := request.query.get("sku"):
        return listing_response(request, request.account.listings.of_sku(sku))
    reference = request.query.get("listing_id") or request.query.get("id")
    if not reference:
        message = "One of sku, listing_id, id is required"
        return envelopes.v1(400, "invalid", message)
    return listing_response(request, listing_of(request, reference))


def charge_lines(request: ApiRequest, lines: int) -> None:
    """About 2,000 SKU lines an hour, single and batch (Back Market, rate limits)."""
    options = request.state.options
    if not options.limits_on:
        return
    limit = Limit(options.sku_lines_per_hour, 3600)
    usage = request.state.usage(request.account, "sku lines")
    if not try_consume(usage, limit, request.state.clock(), lines):
        message = "Too many SKU lines in the last hour"
        raise RefusedError(envelopes.v1(429, envelopes.THROTTLED, message))


def update_listing(request: ApiRequest) -> Response:
    """POST /ws/listings/{id} (Back Market, listings, update).

    Grade and SKU cannot change; they are ignored like unknown fields.
    """
    listing = listing_of(request, request.params["id"], bad_request)
    if listing is None:
        return not_found("Listing")
    sent = request.json_object()
    charge_lines(request, 1)
    line = write_listing(request, listing, sent)
    origin = Origin(request.account.id, "single", request.market.code)
    request.state.ledger.write(request.state.clock(), origin, line)
    if line.result == "rejected":
        return bad_request(line.message or "refused")
    request.state.touch()
    body = {**listing_model.as_json(listing, request.market), "statuscode": 200}
    if any(name.startswith("shipp") for name in sent):
        body["shippings_response"] = ["Shipping methods processed"]
    return JSONResponse(body)


def write_listing(
    request: ApiRequest, listing: Listing, sent: dict[str, object]
) -> LedgerLine:
    options, sku = request.state.options, listing.sku
    context = FaultContext(request.method, request.path, request.account.id, sku)
    seen = listing_model.shown(listing, request.market)
    if fault := request.state.faults.take(ROWS, context):
        if fault.kind is FaultKind.IGNORED_ROW:
            return LedgerLine(sku, sent, "ignored", (), seen, seen)
        message = fault.message or "refused"
        return LedgerLine(sku, sent, "rejected", (), seen, seen, message)
    offer = listing.offer(request.market)
    changes, errors = checked(sent, offer, request.market, options)
    if errors:
        reasons = "; ".join(f"{name}: {message}" for name, message in errors.items())
        return LedgerLine(sku, sent, "rejected", (), seen, seen, reasons)
    seller = Seller(request.account, request.market)
    return LedgerLine(sku, sent, "updated", *apply(listing, changes, seller, options))


def get_task(request: ApiRequest) -> Response:
    """GET /ws/tasks/{id}; 404 for another seller's (Back Market, listings, task)."""
    number = whole_number(request.params["id"])
    task = None if number is None else request.state.tasks.by_id.get(number)
    if task is None or task.account_id != request.account.id:
        return not_found("Task")
    return JSONResponse(tasks.as_json(task, request.state.clock()))


def category_tree(request: ApiRequest) -> Response:
    """GET /ws/category/tree (Back Market, categories)."""
    language = request.market.language
    return JSONResponse([categories.as_json(one, language) for one in categories.TREE])


def category_branch(request: ApiRequest) -> Response:
    """GET /ws/category/tree/{id}: one object, with its own attributes and children.

    Back Market, corrections, categories.
    """
    number = whole_number(request.params["id"])
    found = None if number is None else categories.BY_ID.get(number)
    if found is None:
        return not_found("Category")
    return JSONResponse(categories.as_json(found, request.market.language))
