"""Back Market's order calls: list, read, move, identify a line, take an invoice."""

import json
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response

from app.sandbox import dates, envelopes
from app.sandbox.api import pages
from app.sandbox.api.multipart import files_of
from app.sandbox.api.request import Call, not_found
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import ROWS, FaultKind, Occasion
from app.sandbox.orders import moves
from app.sandbox.orders.action_log import Deed
from app.sandbox.orders.moves import Move, MoveRefusedError
from app.sandbox.orders.order_model import CANCELLED, USUAL_LINES, Order
from app.sandbox.orders.order_store import WantedOrders, page_of
from app.sandbox.orders.views import View
from app.sandbox.purchases.buying import put_back
from app.sandbox.purchases.order_churn import stir

FORM = "application/x-www-form-urlencoded"
MOST_FILES = 10
LARGEST_FILE = 3 * 1024 * 1024


def list_orders(call: Call) -> Response:
    """GET /ws/orders (Back Market, orders, list)."""
    page = pages.page_asked(
        call.integer("page"), call.integer("page-size"), call.world.options
    )
    if page is None:
        return envelopes.v1(400, "invalid", "Pages start at 1")
    orders, options = call.world.orders, call.world.options
    found = orders.listed(call.account.id, wanted(call), options)
    if pages.is_past_the_end(page, len(found)):
        return not_found("Page")
    view, size = View(call.market, options), page.size
    shown_now = page_of(found, page.start, size)
    answer = JSONResponse(
        {
            "count": len(found),
            **pages.links(call.url, call.query, page, len(found)),
            "results": [view.order(one) for one in shown_now],
        }
    )
    occasion = Occasion(call.method, call.path, call.account.id)
    following = page_of(found, page.start + size, size)
    stir(call.world, call.account, occasion, (shown_now, following))
    return answer


def wanted(call: Call) -> WantedOrders:
    state = call.integer("state")
    refuses = call.world.options.unknown_order_state == "refused"
    if state is not None and state not in USUAL_LINES and refuses:
        raise RefusedError(envelopes.v1(400, "invalid", f"Unknown state {state}"))
    return WantedOrders(
        state,
        call.query.get("country_code", "").strip().lower() or None,
        moment(call, "date_creation"),
        moment(call, "date_modification"),
    )


def moment(call: Call, name: str) -> float | None:
    raw = call.query.get(name, "").strip()
    try:
        return dates.read(raw) if raw else None
    except ValueError:
        message = f"Parameter {name} must be a date"
        raise RefusedError(envelopes.v1(400, "invalid", message)) from None


def order_of(call: Call) -> Order:
    reference = call.params["id"]
    found = None
    if reference.isascii() and reference.isdigit():
        found = call.world.orders.of(call.account.id, int(reference))
    if found is None:
        raise RefusedError(not_found("Order"))
    return found


def shown(call: Call, order: Order) -> Response:
    return JSONResponse(View(call.market, call.world.options).order(order))


def get_order(call: Call) -> Response:
    """GET /ws/orders/{id} (Back Market, orders, one)."""
    return shown(call, order_of(call))


def move_order(call: Call) -> Response:
    """POST /ws/orders/{id} (Back Market, orders, update): all of it or nothing."""
    order, sent, world = order_of(call), sent_object(call), call.world
    try:
        move = moves.read_move(order, sent, world.options)
    except MoveRefusedError as refusal:
        return refused(refusal)
    for line in move.lines:
        occasion = Occasion(call.method, call.path, call.account.id, line.listing)
        if fault := world.faults.take(ROWS, occasion):
            if fault.kind is FaultKind.IGNORED_ROW:
                return shown(call, order)
            message = fault.message or "refused by a fault"
            return envelopes.v1(400, "invalid", message)
    carry_out(call, order, move, sent)
    return shown(call, order)


def carry_out(call: Call, order: Order, move: Move, sent: dict[str, object]) -> None:
    world, now = call.world, call.world.clock()
    moves.carry_out(order, move, now)
    if move.new_state == CANCELLED and world.options.cancel_restocks:
        for line in move.lines:
            put_back(call.account, line)
    lines = tuple(line.id for line in move.lines)
    deed = Deed(call.account.id, order.order_id, "move", lines, sent, move.new_state)
    record(call, order, deed)


def record(call: Call, order: Order, deed: Deed) -> None:
    now = call.world.clock()
    call.world.orders.changed(order, now)
    call.world.actions.write(now, deed)
    call.world.touch()


def sent_object(call: Call) -> dict[str, object]:
    """JSON, or a form, which one client sends (Back Market, orders, endpoints)."""
    if call.content_type.lower().startswith(FORM):
        fields = parse_qsl(call.body.decode(errors="replace"))
        return dict(fields)
    try:
        found = json.loads(call.body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = "The body must be a JSON object"
        raise RefusedError(envelopes.v1(400, "invalid", message))
    return found


def refused(refusal: MoveRefusedError) -> Response:
    """The envelope of order errors is not published: V1 (Back Market, errors)."""
    code = envelopes.INVALID if refusal.status == 422 else "invalid"  # noqa: PLR2004  (a status)
    return envelopes.v1(refusal.status, code, str(refusal), field=refusal.field)


def identify_line(call: Call) -> Response:
    """PATCH /ws/orderlines/{id}: cannot be corrected later (Back Market, orders)."""
    reference = call.params["id"]
    found = None
    if reference.isascii() and reference.isdigit():
        found = call.world.orders.line_of(call.account.id, int(reference))
    if found is None:
        return not_found("Orderline")
    (order, line), sent = found, sent_object(call)
    try:
        imei, serial = moves.identity(sent)
    except MoveRefusedError as refusal:
        refusal.status = 422
        return refused(refusal)
    if not (imei or serial):
        return envelopes.v1(400, "invalid", "imei or serial_number is required")
    try:
        moves.check_identity([line], line, imei, serial)
    except MoveRefusedError as refusal:
        return refused(refusal)
    line.imei, line.serial_number = imei or line.imei, serial or line.serial_number
    deed = Deed(call.account.id, order.order_id, "identify", (line.id,), sent)
    record(call, order, deed)
    body = {"id": line.id, "imei": line.imei, "serial_number": line.serial_number}
    return JSONResponse(body)


def take_invoice(call: Call) -> Response:
    """POST /ws/orders/{id}/invoice: multipart, file part `invoice` (Back Market)."""
    order = order_of(call)
    files = [one for one in files_of(call.content_type, call.body) if one.size]
    files = [one for one in files if one.field in {"invoice", "invoice[]"}]
    if not files:
        return envelopes.v1(400, "invalid", "parameter invoice not found")
    if len(files) > MOST_FILES:
        return envelopes.v1(400, "invalid", f"At most {MOST_FILES} files")
    if any(one.size > LARGEST_FILE for one in files):
        return envelopes.v1(413, "too_large", "A file has at most 3 MB")
    names = [one.name for one in files]
    order.invoices += names
    order.date_bill_provided = call.world.clock()
    record(
        call,
        order,
        Deed(call.account.id, order.order_id, "invoice", (), {"invoice": names}),
    )
    return JSONResponse({"statuscode": 200})
