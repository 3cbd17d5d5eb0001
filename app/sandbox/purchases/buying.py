"""Creates orders: purchases that lower stock, and seeded orders that do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.sandbox.accounts import Account
from app.sandbox.listings import listing_model
from app.sandbox.listings.listing_model import Listing
from app.sandbox.markets import EURO_RATES, MARKETS, Market
from app.sandbox.orders.order_model import (
    LINE_PAID,
    NOT_PAID,
    REFUNDED_AFTER,
    SHIPPED,
    UNPAID,
    USUAL_LINE_STATES,
    Json,
    Order,
    OrderLine,
    fee,
)
from app.sandbox.products.product_catalog import Product, invent
from app.sandbox.purchases.buyers import billing_address, payment_of, shipping_address
from app.sandbox.state import State

# Back Market, grades: the order's scale is not the listing's.
CONDITIONS = {
    "PREMIUM": 9,
    "EXCELLENT": 10,
    "VERY_GOOD": 10,
    "GOOD": 11,
    "FAIR": 12,
    "STALLONE": 12,
}
EURO_PRICE = Decimal(199)
INVENTED_SKUS = 50
# States of a line whose parcel left.
LEFT = frozenset({SHIPPED, REFUNDED_AFTER})


class SoldOutError(Exception):
    """The listing is not available; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class PurchaseRequest:
    """The seller, market, state and optional fields of a new order."""

    account: Account
    market: Market
    state: int
    created_at: float
    order_id: int | None = None
    buyer: Json | None = None


def buy(
    state: State, request: PurchaseRequest, basket: Sequence[tuple[str, int]]
) -> Order:
    """Create an order of online listings and lower their stock.

    Raises SoldOutError if a listing is not available.
    """
    for sku, quantity in total_by_sku(basket).items():
        check_available(request, sku, quantity)
    lines = []
    for sku, quantity in basket:
        listing = request.account.listings.of_sku(sku)
        if listing is None:
            raise SoldOutError(f"no listing {sku!r}")
        lines.append(order_line(state, request, listing, quantity))
        lower_stock(request.account, listing, quantity)
    return place_order(state, request, lines)


def total_by_sku(basket: Sequence[tuple[str, int]]) -> dict[str, int]:
    quantities: dict[str, int] = {}
    for sku, quantity in basket:
        key = sku.casefold()
        quantities[key] = quantities.get(key, 0) + quantity
    return quantities


def check_available(request: PurchaseRequest, sku: str, quantity: int) -> None:
    listing = request.account.listings.of_sku(sku)
    if listing is None:
        raise SoldOutError(f"no listing {sku!r}")
    state = listing.offer(request.market).publication_state
    if state != listing_model.ONLINE:
        code = request.market.code
        raise SoldOutError(f"{sku} is not online in {code} (state {state})")
    if listing.quantity < quantity:
        raise SoldOutError(f"{sku}: {listing.quantity} left, {quantity} wanted")


def lower_stock(account: Account, listing: Listing, quantity: int) -> None:
    """Back Market, listings, quantity: one stock for all markets."""
    listing.quantity -= quantity
    for code in listing.offers:
        listing_model.refresh(listing, MARKETS[code])
    account.listings.changed()


def restock(account: Account, line: OrderLine) -> None:
    """Used with the option cancel_restocks; the listing may be deleted."""
    if listing := account.listings.by_number.get(line.listing_id):
        lower_stock(account, listing, -line.quantity)


def order_line(
    state: State, request: PurchaseRequest, listing: Listing, quantity: int
) -> OrderLine:
    """Copy the listing's current values; later changes do not affect the order."""
    market, offer = request.market, listing.offer(request.market)
    price = offer.price or invented_price(0, market)
    line = OrderLine(
        id=state.orders.next_line(),
        date_creation=request.created_at,
        state=USUAL_LINE_STATES.get(request.state, LINE_PAID),
        listing=listing.sku,
        listing_id=listing.listing_id,
        product=offer.title or listing.product.title(market),
        product_id=listing.product.backmarket_id,
        quantity=quantity,
        unit_price=price,
        currency=market.currency,
        brand=brand_of(listing.product),
        condition=CONDITIONS[listing.grade],
        orderline_fee=fee(price * quantity, state.options.fee_percent, market.cent),
    )
    for shipping in offer.shippings.values():
        line.shipper, line.shipping_delay = shipping.shipper, shipping.shipping_delay
        line.shipping_price = Decimal(shipping.shipping_price)
        break
    return line


def brand_of(product: Product) -> str:
    return product.brand or product.model.split()[0]


def invented_price(number: int, market: Market) -> Decimal:
    rate = Decimal(str(EURO_RATES[market.currency]))
    return ((EURO_PRICE + number) * rate).quantize(market.cent)


def invented_line(state: State, request: PurchaseRequest, number: int) -> OrderLine:
    """Generate a line for sellers without listings."""
    number = number % INVENTED_SKUS + 1
    product = invent(f"sold:{number}", "")
    price = invented_price(number, request.market)
    return OrderLine(
        id=state.orders.next_line(),
        date_creation=request.created_at,
        state=USUAL_LINE_STATES.get(request.state, LINE_PAID),
        listing=f"SOLD-{number:04}",
        listing_id=5_000_000 + number,
        product=product.title(request.market),
        product_id=product.backmarket_id,
        quantity=1,
        unit_price=price,
        currency=request.market.currency,
        brand=brand_of(product),
        condition=CONDITIONS["GOOD"],
        orderline_fee=fee(price, state.options.fee_percent, request.market.cent),
    )


def place_order(
    state: State, request: PurchaseRequest, lines: list[OrderLine]
) -> Order:
    number = request.order_id or state.orders.next_order()
    address = shipping_address(number, request.market.code) | (request.buyer or {})
    payment = payment_of(number)
    paid_at = None if request.state in {*UNPAID, NOT_PAID} else request.created_at
    order = Order(
        order_id=number,
        account_id=request.account.id,
        market=request.market.code,
        state=request.state,
        date_creation=request.created_at,
        date_modification=request.created_at,
        shipping_address=address,
        billing_address=billing_address(address),
        orderlines=lines,
        date_payment=paid_at,
        date_shipping=paid_at if any(one.state in LEFT for one in lines) else None,
        payment_method=payment,
        paypal_reference=f"PAY-{number}" if payment == "PAYPAL" else None,
        psp_reference=str(UUID(int=number, version=4)),
        shipper=lines[0].shipper,
        delivery_note=f"https://files.example/delivery_form/{number}.pdf",
    )
    return state.orders.add(order)


@dataclass(frozen=True, slots=True)
class OrderSeries:
    """Orders to seed: markets and states alternate, `spacing` is in seconds.

    Without `line_states` the lines have the usual state of their order.
    """

    account: Account
    count: int
    markets: Sequence[Market]
    states: Sequence[int]
    spacing: float
    line_states: Sequence[int] = ()


def seed_orders(state: State, series: OrderSeries) -> list[Order]:
    """Create past orders without changing stock."""
    listings, now = series.account.listings, state.clock()
    orders = []
    for turn in range(series.count):
        request = PurchaseRequest(
            series.account,
            series.markets[turn % len(series.markets)],
            series.states[turn % len(series.states)],
            now - (series.count - 1 - turn) * series.spacing,
        )
        if listings.numbers:
            listing = listings.by_number[listings.numbers[turn % len(listings.numbers)]]
            line = order_line(state, request, listing, 1)
        else:
            line = invented_line(state, request, turn)
        if series.line_states:
            line.state = series.line_states[turn % len(series.line_states)]
        orders.append(place_order(state, request, [line]))
    return orders
