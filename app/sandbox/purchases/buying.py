"""How an order comes to be: somebody buys, or a tester seeds a thousand."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.sandbox.accounts import Account
from app.sandbox.listings import listing_model as goods
from app.sandbox.listings.listing_model import Listing
from app.sandbox.markets import EURO_RATES, MARKETS, Market
from app.sandbox.orders.order_model import (
    LINE_PAID,
    PROCESSED,
    UNPAID,
    USUAL_LINES,
    Json,
    Order,
    OrderLine,
    fee,
)
from app.sandbox.products.product_catalog import Product, invent
from app.sandbox.purchases.buyers import billing_address, payment_of, shipping_address
from app.sandbox.state import World

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


class SoldOutError(Exception):
    """Nobody can buy this now; the message says why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who buys where, and what is already known about the order."""

    account: Account
    market: Market
    state: int
    created_at: float
    order_id: int | None = None
    buyer: Json | None = None


def buy(world: World, wish: Wish, basket: Sequence[tuple[str, int]]) -> Order:
    """An order of listings that are online; their stock goes down by itself."""
    for sku, quantity in total_by_sku(basket).items():
        check_available(wish, sku, quantity)
    lines = []
    for sku, quantity in basket:
        listing = wish.account.shelf.of_sku(sku)
        if listing is None:
            raise SoldOutError(f"no listing {sku!r}")
        lines.append(line_of(world, wish, listing, quantity))
        take_from_stock(wish.account, listing, quantity)
    return placed(world, wish, lines)


def total_by_sku(basket: Sequence[tuple[str, int]]) -> dict[str, int]:
    wanted: dict[str, int] = {}
    for sku, quantity in basket:
        key = sku.casefold()
        wanted[key] = wanted.get(key, 0) + quantity
    return wanted


def check_available(wish: Wish, sku: str, quantity: int) -> None:
    listing = wish.account.shelf.of_sku(sku)
    if listing is None:
        raise SoldOutError(f"no listing {sku!r}")
    state = listing.offer(wish.market).publication_state
    if state != goods.ONLINE:
        code = wish.market.code
        raise SoldOutError(f"{sku} is not online in {code} (state {state})")
    if listing.quantity < quantity:
        raise SoldOutError(f"{sku}: {listing.quantity} left, {quantity} wanted")


def take_from_stock(account: Account, listing: Listing, quantity: int) -> None:
    """Back Market, listings, quantity: one stock for all markets, minus each sale."""
    listing.quantity -= quantity
    for code in listing.offers:
        goods.refresh(listing, MARKETS[code])
    account.shelf.changed()


def put_back(account: Account, line: OrderLine) -> None:
    """Only with the option cancel_restocks; the listing may be gone."""
    if listing := account.shelf.by_number.get(line.listing_id):
        take_from_stock(account, listing, -line.quantity)


def line_of(world: World, wish: Wish, listing: Listing, quantity: int) -> OrderLine:
    """A copy of what the listing says now; later changes do not reach the order."""
    market, offer = wish.market, listing.offer(wish.market)
    price = offer.price or invented_price(0, market)
    line = OrderLine(
        id=world.orders.next_line(),
        date_creation=wish.created_at,
        state=USUAL_LINES.get(wish.state, LINE_PAID),
        listing=listing.sku,
        listing_id=listing.listing_id,
        product=offer.title or listing.product.title(market),
        product_id=listing.product.backmarket_id,
        quantity=quantity,
        unit_price=price,
        currency=market.currency,
        brand=brand_of(listing.product),
        condition=CONDITIONS[listing.grade],
        orderline_fee=fee(price * quantity, world.options.fee_percent),
    )
    for way in offer.shippings.values():
        line.shipper, line.shipping_delay = way.shipper, way.shipping_delay
        line.shipping_price = Decimal(way.shipping_price)
        break
    return line


def brand_of(product: Product) -> str:
    return product.brand or product.model.split()[0]


def invented_price(number: int, market: Market) -> Decimal:
    rate = Decimal(str(EURO_RATES[market.currency]))
    return ((EURO_PRICE + number) * rate).quantize(Decimal("0.01"))


def invented_line(world: World, wish: Wish, number: int) -> OrderLine:
    """For sellers without listings: order lists can be tried out all the same."""
    number = number % INVENTED_SKUS + 1
    product = invent(f"sold:{number}", "")
    price = invented_price(number, wish.market)
    return OrderLine(
        id=world.orders.next_line(),
        date_creation=wish.created_at,
        state=USUAL_LINES.get(wish.state, LINE_PAID),
        listing=f"SOLD-{number:04}",
        listing_id=5_000_000 + number,
        product=product.title(wish.market),
        product_id=product.backmarket_id,
        quantity=1,
        unit_price=price,
        currency=wish.market.currency,
        brand=brand_of(product),
        condition=CONDITIONS["GOOD"],
        orderline_fee=fee(price, world.options.fee_percent),
    )


def placed(world: World, wish: Wish, lines: list[OrderLine]) -> Order:
    number = wish.order_id or world.orders.next_order()
    address = shipping_address(number, wish.market.code) | (wish.buyer or {})
    payment = payment_of(number)
    paid_at = None if wish.state in UNPAID else wish.created_at
    order = Order(
        order_id=number,
        account_id=wish.account.id,
        market=wish.market.code,
        state=wish.state,
        date_creation=wish.created_at,
        date_modification=wish.created_at,
        shipping_address=address,
        billing_address=billing_address(address),
        orderlines=lines,
        date_payment=paid_at,
        date_shipping=paid_at if wish.state == PROCESSED else None,
        payment_method=payment,
        paypal_reference=f"PAY-{number}" if payment == "PAYPAL" else None,
        psp_reference=str(UUID(int=number, version=4)),
        shipper=lines[0].shipper,
        delivery_note=f"https://files.example/delivery_form/{number}.pdf",
    )
    return world.orders.add(order)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many orders at once: states and markets take turns, `spacing` in seconds."""

    account: Account
    count: int
    markets: Sequence[Market]
    states: Sequence[int]
    spacing: float


def seed(world: World, crowd: Crowd) -> list[Order]:
    """Orders as if they had always been there: no stock is touched."""
    shelf, now = crowd.account.shelf, world.clock()
    orders = []
    for turn in range(crowd.count):
        wish = Wish(
            crowd.account,
            crowd.markets[turn % len(crowd.markets)],
            crowd.states[turn % len(crowd.states)],
            now - (crowd.count - 1 - turn) * crowd.spacing,
        )
        if shelf.numbers:
            listing = shelf.by_number[shelf.numbers[turn % len(shelf.numbers)]]
            line = line_of(world, wish, listing, 1)
        else:
            line = invented_line(world, wish, turn)
        orders.append(placed(world, wish, [line]))
    return orders
