"""Routes of orders: list, read, move, identify a line, upload an invoice."""

import json
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response

from app.sandbox import dates, envelopes
from app.sandbox.api import pages
from app.sandbox.api.multipart import files_of
from app.sandbox.api.request import ApiRequest, not_found, whole_number
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import ROWS, FaultContext, FaultKind
from app.sandbox.markets import COUNTRY_CODES
from app.sandbox.orders import moves
from app.sandbox.orders.action_log import NewAction
from app.sandbox.orders.moves import MoveRefusedError
from app.sandbox.orders.order_model import USUAL_LINE_STATES, Order
from app.sandbox.orders.order_store import OrderFilter, page_of
from app.sandbox.orders.views import View
from app.sandbox.purchases import late_moves
from app.sandbox.purchases.order_churn import apply_churn

FORM = "application/x-www-form-urlencoded"
NO_COUNTRY = "none"
MAX_FILES = 10
MAX_FILE_SIZE = 3 * 1024 * 1024


def list_orders(request: ApiRequest) -> Response:
    """GET /ws/orders (Back Market, orders, list)."""
    page = pages.requested_page(
        request.integer("page"), request.integer("page-size"), request.state.options
    )
    if page is None:
        return envelopes.v1(400, "invalid", "Pages start at 1")
    orders, options = request.state.orders, request.state.options
    found = orders.listed(request.account.id, order_filter(request), options)
    if pages.is_past_the_end(page, len(found)):
        return not_found("Page")
    view, size = View(request.market, options), page.size
    current = page_of(found, page.start, size)
    answer = JSONResponse(
        {
            "count": len(found),
            **pages.links(request.url, request.query, page, len(found)),
            "results": [view.order(one) for one in current],
        }
    )
    for one in current:
        late_moves.count_read(request.state, one)
    context = FaultContext(request.method, request.path, request.account.id)
    following = page_of(found, page.start + size, size)
    apply_churn(request.state, request.account, context, (current, following))
    return answer


def order_filter(request: ApiRequest) -> OrderFilter:
    state = request.integer("state")
    refuses = request.state.options.unknown_order_state == "refused"
    if state is not None and state not in USUAL_LINE_STATES and refuses:
        raise RefusedError(envelopes.v1(400, "invalid", f"Unknown state {state}"))
    return OrderFilter(
        state,
        country_filter(request),
        timestamp_filter(request, "date_creation"),
        timestamp_filter(request, "date_modification"),
    )


def country_filter(request: ApiRequest) -> str | None:
    """Return the locale; fi-fi is not among the accepted ones (Back Market)."""
    raw = request.query.get("country_code", "").strip().lower()
    if not raw or raw in COUNTRY_CODES:
        return raw or None
    if request.state.options.unknown_country_code == "refused":
        message = f"country_code {raw} must be in {','.join(sorted(COUNTRY_CODES))}"
        raise RefusedError(envelopes.v1(400, "invalid", message))
    return NO_COUNTRY


def timestamp_filter(request: ApiRequest, name: str) -> float | None:
    raw = request.query.get(name, "").strip()
    try:
        return dates.parse_moment(raw) if raw else None
    except ValueError:
        message = f"Parameter {name} must be a date"
        raise RefusedError(envelopes.v1(400, "invalid", message)) from None


def order_of(request: ApiRequest) -> Order:
    number = whole_number(request.params["id"])
    found = None
    if number is not None:
        found = request.state.orders.of(request.account.id, number)
    if found is None:
        raise RefusedError(not_found("Order"))
    return found


def order_response(request: ApiRequest, order: Order) -> Response:
    return JSONResponse(View(request.market, request.state.options).order(order))


def get_order(request: ApiRequest) -> Response:
    """GET /ws/orders/{id} (Back Market, orders, one)."""
    order = order_of(request)
    answer = order_response(request, order)
    late_moves.count_read(request.state, order)
    return answer


def move_order(request: ApiRequest) -> Response:
    """POST /ws/orders/{id} (Back Market, orders, update): all or nothing."""
    order, sent, state = order_of(request), sent_object(request), request.state
    try:
        move = moves.read_move(order, sent, state.options)
    except MoveRefusedError as refusal:
        return refused(refusal)
    contexts = [
        FaultContext(request.method, request.path, request.account.id, sku)
        for sku in (order.line(one).listing for one in move.line_ids)
    ]
    for context in contexts:
        if fault := state.faults.take(ROWS, context):
            if fault.kind is FaultKind.IGNORED_ROW:
                return order_response(request, order)
            message = fault.message or "refused by a fault"
            return envelopes.v1(400, "invalid", message)
    delay = state.faults.take(late_moves.kinds_for(move), contexts[0])
    late_moves.accept(state, order, move, delay)
    note(
        request,
        NewAction(
            request.account.id,
            order.order_id,
            "move",
            move.line_ids,
            sent,
            move.new_state,
        ),
    )
    return order_response(request, order)


def note(request: ApiRequest, action: NewAction) -> None:
    """Write an accepted request down."""
    request.state.actions.write(request.state.clock(), action)
    request.state.touch()


def record(request: ApiRequest, order: Order, action: NewAction) -> None:
    request.state.orders.changed(order, request.state.clock())
    note(request, action)


def sent_object(request: ApiRequest) -> dict[str, object]:
    """Parse JSON or a form; one client sends forms (Back Market, orders, endpoints)."""
    if request.content_type.lower().startswith(FORM):
        fields = parse_qsl(request.body.decode(errors="replace"))
        return dict(fields)
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = "The body must be a JSON object"
        raise RefusedError(envelopes.v1(400, "invalid", message))
    return found


def refused(refusal: MoveRefusedError) -> Response:
    """Order errors have no published envelope; V1 is used (Back Market, errors)."""
    code = envelopes.INVALID if refusal.status == 422 else "invalid"  # noqa: PLR2004  (a status)
    return envelopes.v1(refusal.status, code, str(refusal), field=refusal.field)


def identify_line(request: ApiRequest) -> Response:
    """PATCH /ws/orderlines/{id}: cannot be corrected later (Back Market, orders)."""
    number = whole_number(request.params["id"])
    found = None
    if number is not None:
        found = request.state.orders.line_of(request.account.id, number)
    if found is None:
        return not_found("Orderline")
    (order, line), sent = found, sent_object(request)
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
    action = NewAction(request.account.id, order.order_id, "identify", (line.id,), sent)
    record(request, order, action)
    body = {"id": line.id, "imei": line.imei, "serial_number": line.serial_number}
    return JSONResponse(body)


def take_invoice(request: ApiRequest) -> Response:
    """POST /ws/orders/{id}/invoice: multipart, file part `invoice` (Back Market)."""
    order = order_of(request)
    files = [one for one in files_of(request.content_type, request.body) if one.size]
    files = [one for one in files if one.field in {"invoice", "invoice[]"}]
    if not files:
        return envelopes.v1(400, "invalid", "parameter invoice not found")
    if len(files) > MAX_FILES:
        return envelopes.v1(400, "invalid", f"At most {MAX_FILES} files")
    if any(one.size > MAX_FILE_SIZE for one in files):
        return envelopes.v1(413, "too_large", "A file has at most 3 MB")
    names = [one.name for one in files]
    order.invoices += names
    order.date_bill_provided = request.state.clock()
    record(
        request,
        order,
        NewAction(
            request.account.id, order.order_id, "invoice", (), {"invoice": names}
        ),
    )
    return JSONResponse({"statuscode": 200})
