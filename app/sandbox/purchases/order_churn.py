"""Orders that change while a seller pages through them, as faults ask for."""

from app.sandbox.accounts import Account
from app.sandbox.faults import PAGES, FaultKind, Occasion
from app.sandbox.markets import MARKETS
from app.sandbox.orders.order_model import (
    ACCEPTED,
    LINE_PAID,
    PAID,
    SHIPPED,
    Order,
    order_state,
)
from app.sandbox.purchases.buying import Crowd, seed
from app.sandbox.state import World

# What a seller, or another program of theirs, would do next with a line.
NEXT = {LINE_PAID: ACCEPTED, ACCEPTED: SHIPPED}


def stir(
    world: World, account: Account, occasion: Occasion, pages: tuple[list[Order], ...]
) -> None:
    """Strike between the page that was just read and the one that follows."""
    read, following = pages
    if not following:
        return
    fault = world.faults.take(PAGES, occasion)
    if fault is None:
        return
    if fault.kind is FaultKind.ORDER_MOVES:
        move(world, following[-1])
    elif fault.kind is FaultKind.ORDER_LEAVES:
        leave(world, read[-1])
    else:
        market = MARKETS[read[-1].market]
        seed(world, Crowd(account, 1, [market], [PAID], 0))
    world.touch()


def move(world: World, order: Order) -> None:
    """What came next is now in front: the next page skips it."""
    order.surfaced = world.clock()
    world.orders.changed(order, order.surfaced)


def leave(world: World, order: Order) -> None:
    """A row already read leaves a list filtered by state: another is skipped."""
    for line in order.orderlines:
        line.state = NEXT.get(line.state, line.state)
    order.state = order_state((one.state for one in order.orderlines), order.state)
    world.orders.changed(order, world.clock())
