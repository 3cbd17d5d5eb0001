"""Applies accepted order moves: at once, or late if a fault delays them."""

from app.sandbox.faults import Fault, FaultKind
from app.sandbox.orders import moves
from app.sandbox.orders.order_model import CANCELLED, SHIPPED, LateMove, Move, Order
from app.sandbox.purchases.buying import restock
from app.sandbox.state import State

LATE = frozenset({FaultKind.LATE_EFFECT})
LATE_SHIPMENT = LATE | {FaultKind.CARRIER_UNVERIFIED}


def kinds_for(move: Move) -> frozenset[FaultKind]:
    return LATE_SHIPMENT if move.new_state == SHIPPED else LATE


def accept(state: State, order: Order, move: Move, fault: Fault | None) -> None:
    """Apply a move, or queue it: behind earlier late moves, or by a fault.

    An unverified carrier shows the parcel at once; order and lines stay as they were
    (Back Market, corrections, orders).
    """
    if fault is None and not order.late_moves:
        apply(state, order, move, state.clock())
        return
    late = LateMove(move)
    if fault and fault.reads is not None:
        late.reads = fault.reads
    elif fault:
        late.due = state.clock() + fault.seconds
    if fault and fault.kind is FaultKind.CARRIER_UNVERIFIED:
        moves.show_parcel(order, move)
        state.orders.changed(order, state.clock())
    order.late_moves.append(late)
    state.orders.waiting[order.order_id] = order


def apply(state: State, order: Order, move: Move, moment: float) -> None:
    moves.apply_move(order, move, moment)
    if move.new_state == CANCELLED and state.options.cancel_restocks:
        for line in map(order.line, move.line_ids):
            restock(state.accounts.by_id[order.account_id], line)
    state.orders.changed(order, moment)
    state.touch()


def count_read(state: State, order: Order) -> None:
    """Count an answer that showed the order as before."""
    if order.late_moves and (reads := order.late_moves[0].reads) is not None:
        order.late_moves[0].reads = reads - 1
        apply_late_moves(state, order)


def apply_due_moves(state: State) -> None:
    for order in list(state.orders.waiting.values()):
        apply_late_moves(state, order)


def apply_late_moves(state: State, order: Order, *, all_of_them: bool = False) -> None:
    """Apply late moves in order, up to the first that is not due.

    They are dated by the time when they were due, whenever the next request arrives.
    """
    now = state.clock()
    while order.late_moves and (all_of_them or is_due(order.late_moves[0], now)):
        late = order.late_moves.pop(0)
        apply(state, order, late.move, min(now, late.due or now))
    if not order.late_moves:
        state.orders.waiting.pop(order.order_id, None)


def is_due(late: LateMove, now: float) -> bool:
    if late.reads is not None:
        return late.reads <= 0
    return late.due is None or late.due <= now
