"""An order and its lines: states and allowed transitions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

# Of an order (Back Market, orders, states).
CHECKING, PAID, TO_SHIP, NOT_PAID, PROCESSED, PENDING = 0, 1, 3, 8, 9, 10

# Of a line (Back Market, orders, states).
NEW, LINE_PAID, ACCEPTED, SHIPPED, CANCELLED = 0, 1, 2, 3, 4
REFUNDED_BEFORE, REFUNDED_AFTER, LINE_NOT_PAID, LINE_PENDING, ON_HOLD = 5, 6, 7, 8, 9

# New state -> the state a line must have (Back Market, orders, states).
STEPS = {
    ACCEPTED: LINE_PAID,
    CANCELLED: LINE_PAID,
    SHIPPED: ACCEPTED,
    REFUNDED_BEFORE: ACCEPTED,
    REFUNDED_AFTER: SHIPPED,
}
# Order state -> default state of its lines.
USUAL_LINE_STATES = {
    CHECKING: NEW,
    PENDING: LINE_PENDING,
    PAID: LINE_PAID,
    TO_SHIP: ACCEPTED,
    PROCESSED: SHIPPED,
    NOT_PAID: LINE_NOT_PAID,
}
UNPAID = frozenset({CHECKING, PENDING})
OPEN_ORDERS = frozenset({CHECKING, PENDING, PAID, TO_SHIP})

LINE_MONEY = ("unit_price", "orderline_fee", "shipping_price", "sales_taxes")
CENT = Decimal("0.01")
NOTHING = Decimal("0.00")
Json = dict[str, object]


@dataclass(slots=True)
class OrderLine:
    """A copy of title, price and identifiers at the time of purchase.

    `overrides` replaces fields of the response, for tests of unusual responses.
    """

    id: int
    date_creation: float
    state: int
    listing: str
    listing_id: int
    product: str
    product_id: int
    quantity: int
    unit_price: Decimal
    currency: str
    brand: str
    condition: int
    orderline_fee: Decimal
    shipper: str = "Colissimo"
    shipping_delay: int = 48
    shipping_price: Decimal = NOTHING
    sales_taxes: Decimal = NOTHING
    imei: str = ""
    serial_number: str = ""
    return_reason: int = 0
    return_message: str = ""
    backcare: bool = False
    backcare_price: int = 0
    overrides: Json = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class Move:
    """A validated request: the lines with these ids change to `new_state`."""

    new_state: int
    line_ids: tuple[int, ...]
    tracking_number: str = ""
    tracking_url: str = ""
    shipper: str = ""
    date_shipping: float | None = None
    imei: str = ""
    serial_number: str = ""
    vat_type: str | None = None
    return_reason: int | None = None
    return_message: str = ""


@dataclass(slots=True)
class LateMove:
    """An accepted move that does not show before `due`, or for this many reads."""

    move: Move
    due: float | None = None
    reads: int | None = None


@dataclass(slots=True)
class Order:
    """Dates are seconds since 1970; a fault sets `surfaced` to move it up the list.

    `late_moves` take effect in order, each not before the one before it.
    """

    order_id: int
    account_id: str
    market: str
    state: int
    date_creation: float
    date_modification: float
    shipping_address: Json
    billing_address: Json
    orderlines: list[OrderLine]
    date_payment: float | None = None
    date_shipping: float | None = None
    date_bill_provided: float | None = None
    payment_method: str = "CARD"
    paypal_reference: str | None = None
    psp_reference: str = ""
    installment_payment: bool = False
    is_backship: bool = False
    shipper: str = "Colissimo"
    tracking_number: str = ""
    tracking_url: str = ""
    delivery_note: str = ""
    vat_type: str | None = None
    invoices: list[str] = field(default_factory=list)
    surfaced: float = 0.0
    late_moves: list[LateMove] = field(default_factory=list)
    overrides: Json = field(default_factory=dict)

    def line(self, line_id: int) -> OrderLine:
        return next(one for one in self.orderlines if one.id == line_id)

    def coming_state(self, line: OrderLine) -> int:
        """Return the state of a line after its late moves."""
        for late in reversed(self.late_moves):
            if line.id in late.move.line_ids:
                return late.move.new_state
        return line.state

    def may_become(self, line: OrderLine, new_state: int) -> bool:
        return STEPS.get(new_state) == self.coming_state(line)

    def lines_of(self, sku: str) -> list[OrderLine]:
        wanted = sku.casefold()
        return [one for one in self.orderlines if one.listing.casefold() == wanted]


def order_state(states: Iterable[int], present: int) -> int:
    """Derive an order's state from its lines (Back Market, orders, states).

    The state does not change while a line awaits payment, or if no line was paid.
    """
    found = set(states)
    if found & {NEW, LINE_PENDING, ON_HOLD} or found <= {LINE_NOT_PAID}:
        return present
    if LINE_PAID in found:
        return PAID
    if ACCEPTED in found:
        return TO_SHIP
    return PROCESSED


def fee(total: Decimal, percent: float, cent: Decimal = CENT) -> Decimal:
    """Compute the commission in multiples of `cent` (Back Market, money)."""
    return (total * Decimal(str(percent)) / 100).quantize(cent, ROUND_HALF_UP)


def is_imei(text: str) -> bool:
    """Check for fifteen digits with a Luhn check digit (Back Market, orders, imei)."""
    if len(text) != 15 or not (text.isascii() and text.isdigit()):  # noqa: PLR2004  (the length of an IMEI)
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in text[-2::-2])
    return (sum(doubled) + sum(map(int, text[::-2]))) % 10 == 0
