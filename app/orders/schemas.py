"""API shapes of orders and their lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.columns import utc_now
from app.orders.actions.allowed_actions import AllowedAction, allowed_actions
from app.orders.buyers.sealing import Addresses
from app.orders.due import DueReason, due_reasons
from app.orders.enums import line_state, order_state
from app.orders.models import OrderAction, SalesOrder, SalesOrderLine
from app.orders.outcome import OrderOutcome
from app.orders.service_cases.models import ServiceCase
from app.orders.service_cases.schemas import ServiceCaseOut, case_out


class LineOut(BaseModel):
    """One line. `price` is as Back Market returns it; that of the order is the sum."""

    id: int = Field(description="Back Market's order line id; actions name lines by it")
    state: str = Field(description="`unknown` for any other number from Back Market")
    state_code: int = Field(description="Back Market's number of the state")
    sku: str | None = Field(description="the SKU as it was when the buyer ordered")
    listing_id: int | None
    title: str | None
    quantity: int
    price: Decimal | None
    shipping_price: Decimal | None
    sales_taxes: Decimal | None
    fee: Decimal | None = Field(description="Back Market's commission")
    currency: str | None
    imei: str | None
    serial_number: str | None
    return_reason: int | None
    return_message: str | None
    shipper: str | None
    brand: str | None


class BuyerOut(BaseModel):
    """Who an order goes to, by its shipping address; null is what is empty there."""

    name: str | None
    city: str | None
    country: str | None


class OrderSummary(BaseModel):
    """An order in a list: the buyer's name and city, no other part of addresses."""

    id: UUID
    marketplace_id: int = Field(description="Back Market's `order_id`")
    store_ids: list[UUID] = Field(description="your stores that show it")
    state: str = Field(
        description="`new`, `pending_payment`, `to_accept`, `to_ship`, `processed`, "
        "`payment_failed`; `unknown` for any other number from Back Market"
    )
    state_code: int = Field(description="Back Market's number of the state")
    outcome: OrderOutcome = Field(
        description="derived from the lines of the order: the state of "
        "cancelled and refunded orders is `processed` too"
    )
    missing_since: datetime | None = Field(
        description="since when Back Market answers that it does not know the order"
    )
    due: list[DueReason] = Field(
        description="what the seller is late with now: `not_accepted` is 24 hours "
        "after the payment, `not_shipped` after `dispatch_by`"
    )
    country: str | None = Field(description="ISO 3166 alpha-2; null when unknown")
    buyer: BuyerOut
    has_invoice: bool = Field(description="whether Back Market has an invoice")
    created_at: datetime
    modified_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    dispatch_by: datetime | None
    price: Decimal | None = Field(description="all lines, without shipping")
    shipping_price: Decimal | None
    sales_taxes: Decimal | None
    fee: Decimal | None = Field(description="Back Market's commission on all lines")
    currency: str | None
    shipper: str | None
    tracking_number: str | None
    tracking_url: str | None
    merchant_order_id: str | None = Field(description="your number of the order")
    invoice_number: str | None = Field(description="your number of its invoice")
    tags: list[str]
    version: int
    erased_at: datetime | None = Field(
        description="when the buyer's data were erased: addresses and note are empty"
    )
    lines: list[LineOut]


class AddressOut(BaseModel):
    """An address; what Back Market left empty is null."""

    company: str | None
    first_name: str | None
    first_name_pronunciation: str | None = Field(description="for labels in Japan")
    last_name: str | None
    last_name_pronunciation: str | None = Field(description="for labels in Japan")
    street: str | None
    street2: str | None
    postal_code: str | None
    city: str | None
    state_or_province: str | None
    country: str | None
    phone: str | None
    email: str | None
    customer_id_number: str | None


class OrderOut(OrderSummary):
    """One order with addresses and allowed actions."""

    note: str | None
    shipping_address: AddressOut
    billing_address: AddressOut
    payment_method: str | None
    delivery_note: str | None = Field(description="link to a PDF for the parcel")
    is_backship: bool | None
    installment_payment: bool | None
    invoiced_at: str | None = Field(description="when an invoice was uploaded")
    allowed_actions: list[AllowedAction]
    service_cases: list[ServiceCaseOut] = Field(description="the 50 that changed last")
    open_action_ids: list[UUID] = Field(description="actions that have not ended")


_OF_LINES = LineOut.model_fields.keys() - {"id", "state", "state_code"}
_OF_ORDERS = OrderSummary.model_fields.keys() & SalesOrder.model_fields.keys()


def line_out(line: SalesOrderLine) -> LineOut:
    return LineOut(
        id=line.marketplace_id,
        state=line_state(line.state),
        state_code=line.state,
        **{name: getattr(line, name) for name in _OF_LINES},
    )


def summary_out(
    order: SalesOrder, lines: Sequence[SalesOrderLine], stores: list[UUID]
) -> OrderSummary:
    return OrderSummary(**_summary(order, lines, stores))


def _summary(
    order: SalesOrder, lines: Sequence[SalesOrderLine], stores: list[UUID]
) -> dict[str, Any]:
    fees = [line.fee for line in lines if line.fee is not None]
    return {
        **{name: getattr(order, name) for name in _OF_ORDERS},
        "store_ids": stores,
        "state": order_state(order.state),
        "state_code": order.state,
        "fee": sum(fees, Decimal(0)) if fees else None,
        "due": due_of(order, utc_now()),
        "buyer": buyer_of(order.shipping_address),
        "lines": [line_out(line) for line in lines],
    }


def due_of(order: SalesOrder, now: datetime) -> list[DueReason]:
    return due_reasons(
        order.state,
        order.outcome,
        paid_at=order.paid_at,
        created_at=order.created_at,
        dispatch_by=order.dispatch_by,
        now=now,
    )


def buyer_of(address: Mapping[str, str | None]) -> BuyerOut:
    names = (address.get("first_name"), address.get("last_name"))
    return BuyerOut(
        name=" ".join(filter(None, names)) or address.get("company"),
        city=address.get("city"),
        country=address.get("country"),
    )


def address_out(address: Mapping[str, str | None]) -> AddressOut:
    return AddressOut(**{name: address.get(name) for name in AddressOut.model_fields})


def order_out(  # noqa: PLR0913, PLR0917 - all that an order shows
    order: SalesOrder,
    addresses: Addresses,
    lines: Sequence[SalesOrderLine],
    stores: list[UUID],
    unfinished: Sequence[OrderAction],
    cases: Sequence[ServiceCase],
) -> OrderOut:
    summary = _summary(order, lines, stores)
    summary["shipping_address"] = address_out(addresses.shipping)
    summary["billing_address"] = address_out(addresses.billing)
    fields = order.other_fields
    return OrderOut(
        **summary,
        note=order.note,
        payment_method=_text(fields.get("payment_method")),
        delivery_note=_text(fields.get("delivery_note")),
        is_backship=_flag(fields.get("is_backship")),
        installment_payment=_flag(fields.get("installment_payment")),
        invoiced_at=_text(fields.get("date_bill_provided")),
        allowed_actions=allowed_actions(lines, unfinished),
        service_cases=[case_out(case) for case in cases],
        open_action_ids=[action.id for action in unfinished],
    )


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
