"""Competitors of a listing ("BackBox"): its own offers and the price to win."""

from decimal import Decimal

from starlette.responses import JSONResponse, Response

from app.sandbox import envelopes
from app.sandbox.api.request import ApiRequest, not_found
from app.sandbox.envelopes import RefusedError
from app.sandbox.limits import Limit, try_consume
from app.sandbox.listings.listing_model import ONLINE, Listing, Offer, money
from app.sandbox.markets import MARKET_CODES, MARKETS, Market

Json = dict[str, object]


def list_competitors(request: ApiRequest) -> Response:
    """GET /ws/backbox/v1/competitors/{UUID} (Back Market, competitors).

    One entry per market where the listing is online; 404 without one, and for the
    older integer id.
    """
    check_rate(request)
    listing = request.account.listings.by_uuid.get(request.params["id"].lower())
    found = entries(listing) if listing else []
    return JSONResponse(found) if found else not_found("Competitor")


def check_rate(request: ApiRequest) -> None:
    options = request.state.options
    if not options.limits_on:
        return
    limit = Limit(options.competitor_requests_per_second, 1)
    usage = request.state.usage(request.account, "competitors")
    if not try_consume(usage, limit, request.state.clock()):
        message = "Too many requests for competitors"
        raise RefusedError(envelopes.v1(429, envelopes.THROTTLED, message))


def entries(listing: Listing) -> list[Json]:
    return [
        entry(listing, offer, offer.price, MARKETS[code])
        for code, offer in sorted(listing.offers.items())
        if offer.publication_state == ONLINE and offer.price and code in MARKET_CODES
    ]


def entry(listing: Listing, offer: Offer, price: Decimal, market: Market) -> Json:
    """Render the offer of one market; without competitors it wins at its price."""
    to_win = offer.price_to_win or price
    is_winning = price <= to_win
    winner_price = offer.winner_price or (price if is_winning else None)
    return {
        "listing_id": listing.id,
        "product_id": listing.product.product_id,
        "market": market.code,
        "price": amount(price, market),
        "min_price": amount(offer.min_price, market),
        "price_to_win": amount(to_win, market),
        "winner_price": amount(winner_price, market),
        "is_winning": is_winning,
    }


def amount(found: Decimal | None, market: Market) -> Json | None:
    if found is None:
        return None
    return {"amount": money(found), "currency": market.currency}
