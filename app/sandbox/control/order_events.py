"""Control API of what buyers, banks and carriers do to an order."""

from dataclasses import dataclass

from starlette.requests import Request

from app.sandbox.control.listings import ControlError, Json
from app.sandbox.control.orders import order_of
from app.sandbox.dates import to_timestamp
from app.sandbox.orders.order_model import (
    ACCEPTED,
    CANCELLED,
    LINE_NOT_PAID,
    LINE_PAID,
    LINE_PENDING,
    NEW,
    NOT_PAID,
    ON_HOLD,
    PAID,
    REFUNDED_AFTER,
    REFUNDED_BEFORE,
    SHIPPED,
    UNPAID,
    Order,
    OrderLine,
    order_state,
)
from app.sandbox.orders.views import raw
from app.sandbox.purchases.buying import restock
from app.sandbox.purchases.late_moves import apply_late_moves
from app.sandbox.state import State

# State of a line -> its state after Back Market cancels or refunds it.
AFTER_CANCELLATION = {
    NEW: CANCELLED,
    LINE_PENDING: CANCELLED,
    ON_HOLD: CANCELLED,
    LINE_PAID: CANCELLED,
    ACCEPTED: REFUNDED_BEFORE,
    SHIPPED: REFUNDED_AFTER,
}


@dataclass(frozen=True, slots=True)
class OrderEvents:
    """Handlers; `at` dates an event, `restock` puts the units back on sale."""

    state: State

    def moment(self, body: Json) -> float:
        return to_timestamp(body["at"]) if "at" in body else self.state.clock()

    def finish(self, order: Order, moment: float) -> object:
        self.state.orders.changed(order, moment)
        self.state.touch()
        return raw(order)

    def restock(self, order: Order, lines: list[OrderLine], body: Json) -> None:
        if body.get("restock"):
            for line in lines:
                restock(self.state.accounts.by_id[order.account_id], line)

    def pay(self, request: Request, body: Json) -> object:
        """Mark an order as paid, or with `{"failed": true}` as not paid."""
        order = order_of(self.state, request)
        if order.state not in UNPAID:
            raise ControlError(f"order is in state {order.state}, not 0 or 10", 409)
        failed, moment = bool(body.get("failed")), self.moment(body)
        for line in order.orderlines:
            line.state = LINE_NOT_PAID if failed else LINE_PAID
        order.state = NOT_PAID if failed else PAID
        order.date_payment = None if failed else moment
        self.restock(order, order.orderlines, body)
        return self.finish(order, moment)

    def cancel(self, request: Request, body: Json) -> object:
        """Cancel or refund all lines, or those of `skus`, as Back Market does."""
        order, skus = order_of(self.state, request), body.get("skus")
        if order.late_moves:
            raise ControlError("order has late moves: settle it first", 409)
        lines = [
            line
            for line in order.orderlines
            if line.state in AFTER_CANCELLATION and (not skus or line.listing in skus)
        ]
        if not lines:
            raise ControlError("no line of this order can be cancelled", 409)
        for line in lines:
            line.state = AFTER_CANCELLATION[line.state]
        order.state = order_state((one.state for one in order.orderlines), order.state)
        self.restock(order, lines, body)
        return self.finish(order, self.moment(body))

    def settle(self, request: Request, _body: Json) -> object:
        """Let every late move take effect now."""
        order = order_of(self.state, request)
        apply_late_moves(self.state, order, all_of_them=True)
        return raw(order)
