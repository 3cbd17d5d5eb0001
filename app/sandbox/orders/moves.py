"""Parses, validates and applies state changes of an order."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from app.sandbox import dates
from app.sandbox.listings.shippers import SHIPPERS
from app.sandbox.options import SandboxOptions
from app.sandbox.orders.order_model import (
    REFUNDED_AFTER,
    SHIPPED,
    STEPS,
    Move,
    Order,
    OrderLine,
    is_imei,
    order_state,
)

MAX_TEXT_LENGTH = 200
MAX_URL_LENGTH = 300
MAX_MESSAGE_LENGTH = 500
MAX_IMEI_LENGTH = 15
MAX_SERIAL_LENGTH = 50
VAT_TYPES = ("REGULAR", "MARGINAL")
RETURN_REASONS = (0, 1, 11, 12, 13, 21, 22, 23, 24, 25)


class MoveRefusedError(Exception):
    """The request is refused without an effect; `field` names the invalid field."""

    def __init__(self, message: str, field: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.field = field
        self.status = status


Sent = Mapping[str, object]


def text(sent: Sent, name: str, maximum: int) -> str:
    """Return a text; absent, null and empty fields are empty texts."""
    found = sent.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise MoveRefusedError(f"{name} must be a text", name)
    if len(found.strip()) > maximum:
        raise MoveRefusedError(f"{name} must have at most {maximum} characters", name)
    return found.strip()


def integer(sent: Sent, name: str) -> int | None:
    """Parse an integer; forms send numbers as text."""
    found = sent.get(name)
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, int | str):
        raise MoveRefusedError(f"{name} must be an integer", name)
    try:
        return int(found)
    except ValueError:
        raise MoveRefusedError(f"{name} must be an integer", name) from None


def read_move(order: Order, sent: Sent, options: SandboxOptions) -> Move:
    """Validate a request (Back Market, orders, update). Raises MoveRefusedError.

    The texts about `new_state` and `sku` are those of production (Back Market,
    corrections, orders).
    """
    if integer(sent, "order_id") != order.order_id:
        raise MoveRefusedError("order_id must repeat the order of the path", "order_id")
    new_state = integer(sent, "new_state")
    if new_state is None or new_state not in STEPS:
        accepted = ",".join(map(str, sorted(STEPS)))
        message = f"new_state {new_state} must be in {accepted}"
        raise MoveRefusedError(message, "new_state")
    lines = lines_to_move(order, sent, new_state)
    move = Move(new_state, tuple(one.id for one in lines), vat_type=vat_type(sent))
    if new_state == SHIPPED:
        return shipment(order, sent, move, options)
    if new_state == REFUNDED_AFTER:
        return refund(sent, move, options)
    return move


def lines_to_move(order: Order, sent: Sent, new_state: int) -> list[OrderLine]:
    """Select one line by SKU; a shipment selects every accepted line."""
    if new_state == SHIPPED:
        movable = [one for one in order.orderlines if order.may_become(one, SHIPPED)]
        if not movable:
            raise invalid_step(order, order.orderlines, new_state)
        return movable
    sku = text(sent, "sku", MAX_TEXT_LENGTH)
    if not sku:
        raise MoveRefusedError("sku not found", "sku")
    found = order.lines_of(sku)
    if not found:
        raise MoveRefusedError("listing doesn't exist", "sku", status=404)
    for line in found:
        if order.may_become(line, new_state):
            return [line]
    raise invalid_step(order, found, new_state)


def invalid_step(
    order: Order, lines: list[OrderLine], new_state: int
) -> MoveRefusedError:
    states = ", ".join(str(order.coming_state(one)) for one in lines)
    message = f"A line in state {states} cannot become {new_state}"
    return MoveRefusedError(message, "new_state")


def vat_type(sent: Sent) -> str | None:
    found = text(sent, "vat_type", MAX_TEXT_LENGTH)
    if found and found not in VAT_TYPES:
        raise MoveRefusedError("vat_type must be REGULAR or MARGINAL", "vat_type")
    return found or None


def shipment(order: Order, sent: Sent, move: Move, options: SandboxOptions) -> Move:
    tracking = text(sent, "tracking_number", MAX_TEXT_LENGTH)
    if not tracking:
        raise MoveRefusedError("tracking_number is required", "tracking_number")
    imei, serial = identity(sent)
    if imei or serial:
        check_identity(order.orderlines, order.line(move.line_ids[0]), imei, serial)
    return replace(
        move,
        tracking_number=tracking,
        tracking_url=address(sent),
        shipper=carrier(sent, options),
        date_shipping=shipping_date(sent),
        imei=imei,
        serial_number=serial,
    )


def address(sent: Sent) -> str:
    found = text(sent, "tracking_url", MAX_URL_LENGTH)
    if not found:
        return ""
    try:
        parts = urlsplit(found)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise MoveRefusedError("tracking_url must be a URL", "tracking_url")
    return found


def carrier(sent: Sent, options: SandboxOptions) -> str:
    """Return the shipper; an option refuses unknown ones (undocumented)."""
    found = text(sent, "shipper", MAX_TEXT_LENGTH)
    known = found in SHIPPERS or found in options.extra_shippers
    if found and options.check_order_shippers and not known:
        raise MoveRefusedError(f"unknown shipper {found!r}", "shipper")
    return found


def shipping_date(sent: Sent) -> float | None:
    found = text(sent, "date_shipping", MAX_TEXT_LENGTH)
    try:
        return dates.parse_moment(found) if found else None
    except ValueError:
        message = "date_shipping must be a date as in RFC 3339"
        raise MoveRefusedError(message, "date_shipping") from None


def identity(sent: Sent) -> tuple[str, str]:
    """Return IMEI and serial number (Back Market, orders, imei)."""
    imei = text(sent, "imei", MAX_IMEI_LENGTH)
    if imei and not is_imei(imei):
        raise MoveRefusedError("imei is not a valid IMEI", "imei")
    return imei, text(sent, "serial_number", MAX_SERIAL_LENGTH)


def check_identity(
    lines: list[OrderLine], line: OrderLine, imei: str, serial: str
) -> None:
    """Require an order of one unit without identity (Back Market, orders, imei)."""
    name = "imei" if imei else "serial_number"
    if len(lines) != 1 or line.quantity != 1:
        message = f"{name} needs an order of one line with quantity 1"
        raise MoveRefusedError(message, name)
    check_not_set(line, imei, serial)


def check_not_set(line: OrderLine, imei: str, serial: str) -> None:
    if imei and line.imei:
        raise MoveRefusedError("imei is already set", "imei")
    if serial and line.serial_number:
        raise MoveRefusedError("serial_number is already set", "serial_number")


def refund(sent: Sent, move: Move, options: SandboxOptions) -> Move:
    reason = integer(sent, "return_reason")
    if reason is None and options.require_return_reason:
        raise MoveRefusedError("return_reason is required", "return_reason")
    if reason is not None and reason not in RETURN_REASONS:
        accepted = ", ".join(map(str, RETURN_REASONS))
        message = f"return_reason must be one of {accepted}"
        raise MoveRefusedError(message, "return_reason")
    return replace(
        move,
        return_reason=reason,
        return_message=text(sent, "return_message", MAX_MESSAGE_LENGTH),
    )


def apply_move(order: Order, move: Move, now: float) -> None:
    """Apply a move, then derive the order's state from its lines."""
    for line in map(order.line, move.line_ids):
        line.state = move.new_state
        line.imei = line.imei or move.imei
        line.serial_number = line.serial_number or move.serial_number
        if move.new_state == REFUNDED_AFTER:
            line.return_reason = move.return_reason or 0
            line.return_message = move.return_message
    order.vat_type = move.vat_type or order.vat_type
    if move.new_state == SHIPPED:
        show_parcel(order, move)
        order.date_shipping = now if move.date_shipping is None else move.date_shipping
    states = (one.state for one in order.orderlines)
    order.state = order_state(states, order.state)


def show_parcel(order: Order, move: Move) -> None:
    order.tracking_number = move.tracking_number
    order.tracking_url = move.tracking_url
    order.shipper = move.shipper or order.shipper
