"""Applies faults that change orders between two pages of a list."""

from app.sandbox.accounts import Account
from app.sandbox.faults import BETWEEN_PAGES, FaultContext, FaultKind
from app.sandbox.markets import MARKETS
from app.sandbox.orders.order_model import (
    ACCEPTED,
    LINE_PAID,
    PAID,
    SHIPPED,
    Order,
    order_state,
)
from app.sandbox.purchases.buying import OrderSeries, seed_orders
from app.sandbox.state import State

# Next state of a line, as another client of the seller would set it.
NEXT = {LINE_PAID: ACCEPTED, ACCEPTED: SHIPPED}


def apply_churn(
    state: State,
    account: Account,
    context: FaultContext,
    pages: tuple[list[Order], ...],
) -> None:
    """Apply a fault between the page that was read and the following one."""
    current, following = pages
    if not following:
        return
    fault = state.faults.take(BETWEEN_PAGES, context)
    if fault is None:
        return
    if fault.kind is FaultKind.ORDER_MOVES:
        move_to_front(state, following[-1])
    elif fault.kind is FaultKind.ORDER_LEAVES:
        leave_filter(state, current[-1])
    else:
        market = MARKETS[current[-1].market]
        seed_orders(state, OrderSeries(account, 1, [market], [PAID], 0))
    state.touch()


def move_to_front(state: State, order: Order) -> None:
    """Move an order to the front: the next page skips it."""
    order.surfaced = state.clock()
    state.orders.changed(order, order.surfaced)


def leave_filter(state: State, order: Order) -> None:
    """Change the state of an order: a list filtered by state then skips another one."""
    for line in order.orderlines:
        line.state = NEXT.get(line.state, line.state)
    order.state = order_state((one.state for one in order.orderlines), order.state)
    state.orders.changed(order, state.clock())
