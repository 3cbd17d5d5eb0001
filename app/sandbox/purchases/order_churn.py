"""Orders that change while a seller pages through them, as faults ask for."""

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

# What a seller, or another program of theirs, would do next with a line.
NEXT = {LINE_PAID: ACCEPTED, ACCEPTED: SHIPPED}


def apply_churn(
    state: State,
    account: Account,
    context: FaultContext,
    pages: tuple[list[Order], ...],
) -> None:
    """Strike between the page that was just read and the one that follows."""
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
    """What came next is now in front: the next page skips it."""
    order.surfaced = state.clock()
    state.orders.changed(order, order.surfaced)


def leave_filter(state: State, order: Order) -> None:
    """A row already read leaves a list filtered by state: another is skipped."""
    for line in order.orderlines:
        line.state = NEXT.get(line.state, line.state)
    order.state = order_state((one.state for one in order.orderlines), order.state)
    state.orders.changed(order, state.clock())
