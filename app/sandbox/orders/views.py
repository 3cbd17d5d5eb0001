"""Renders orders: the Back Market response, and all stored fields."""

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal

from app.sandbox.dates import end_of_day, format_moment
from app.sandbox.listings.listing_model import money
from app.sandbox.markets import MARKETS, Market
from app.sandbox.options import SandboxOptions
from app.sandbox.orders.order_model import OPEN_ORDERS, Json, Order, OrderLine

HOUR = 3600
# The documented names; real responses use snake case (option address_case).
CAMEL = {
    "first_name": "firstName",
    "first_name_pronunciation": "firstNamePronunciation",
    "last_name": "lastName",
    "last_name_pronunciation": "lastNamePronunciation",
    "postal_code": "postalCode",
    "phone": "phoneNumber",
    "state_or_province": "state",
    "customer_id_number": "customerIdNumber",
}


class View:
    """Renders orders for one market, by the sandbox's options."""

    def __init__(self, market: Market, options: SandboxOptions) -> None:
        self.market = market
        self.options = options

    def date(self, moment: float | None) -> str | None:
        if moment is None:
            return None
        fine = self.options.order_microseconds
        return format_moment(moment, self.market, microseconds=fine)

    def address(self, address: Json) -> Json:
        if self.options.address_case == "snake":
            return address
        return {CAMEL.get(name, name): value for name, value in address.items()}

    def order(self, order: Order) -> Json:
        """Render an order as in real responses (Back Market, orders, object)."""
        market, lines = MARKETS[order.market], order.orderlines
        return {
            "order_id": order.order_id,
            "state": order.state,
            "date_creation": self.date(order.date_creation),
            "date_modification": self.date(order.date_modification),
            "date_payment": self.date(order.date_payment),
            "date_shipping": self.date(order.date_shipping),
            "date_bill_provided": self.date(order.date_bill_provided),
            "expected_dispatch_date": expected_dispatch(order),
            "price": total(one.total for one in lines),
            "shipping_price": total(one.shipping_price for one in lines),
            "sales_taxes": total(one.sales_taxes for one in lines),
            "currency": market.currency,
            "country_code": market.locale,
            "payment_method": order.payment_method,
            "paypal_reference": order.paypal_reference,
            "psp_reference": order.psp_reference,
            "installment_payment": order.installment_payment,
            "is_backship": order.is_backship,
            "shipper": order.shipper,
            "shipper_display": order.shipper,
            "tracking_number": order.tracking_number,
            "tracking_url": order.tracking_url,
            "delivery_note": order.delivery_note,
            "shipping_address": self.address(order.shipping_address),
            "billing_address": self.address(order.billing_address),
            "orderlines": [self.line(one) for one in lines],
            **order.overrides,
        }

    def line(self, line: OrderLine) -> Json:
        """Render a line; `price` is the line's total, although documented per unit."""
        unit = self.options.line_price == "unit"
        return {
            "id": line.id,
            "date_creation": self.date(line.date_creation),
            "state": line.state,
            "listing": line.listing,
            "listing_id": line.listing_id,
            "product": line.product,
            "product_id": line.product_id,
            "quantity": line.quantity,
            "price": money(line.unit_price if unit else line.total),
            "shipping_price": money(line.shipping_price),
            "sales_taxes": money(line.sales_taxes),
            "currency": line.currency,
            "shipping_delay": line.shipping_delay,
            "shipper": line.shipper,
            "brand": line.brand,
            "condition": line.condition,
            "imei": line.imei,
            "serial_number": line.serial_number,
            "return_reason": line.return_reason,
            "return_message": line.return_message,
            "backcare": line.backcare,
            "backcare_price": line.backcare_price,
            "orderline_fee": money(line.orderline_fee),
            **line.overrides,
        }


def total(amounts: Iterable[Decimal]) -> str | None:
    return money(sum(amounts, Decimal(0)))


def expected_dispatch(order: Order) -> str | None:
    """Return the expected date; None if the order is finished or unpaid."""
    if order.state not in OPEN_ORDERS or order.date_payment is None:
        return None
    hours = max(one.shipping_delay for one in order.orderlines)
    return end_of_day(order.date_payment + hours * HOUR)


def raw(order: Order) -> Json:
    """Return every stored field: dates in seconds, amounts as text."""
    found: Json = {name: getattr(order, name) for name in Order.__slots__}
    return found | {
        "orderlines": [raw_line(one) for one in order.orderlines],
        "late_moves": [asdict(one) for one in order.late_moves],
    }


def raw_line(line: OrderLine) -> Json:
    found = ((name, getattr(line, name)) for name in OrderLine.__slots__)
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in found
    }
