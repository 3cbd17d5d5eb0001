"""The life of a publication: one table of moves, and when to look again. Pure."""

from datetime import timedelta

from app.publications.enums import PublicationState

MOVES: dict[PublicationState, frozenset[PublicationState]] = {
    PublicationState.REQUESTED: frozenset(
        {PublicationState.PLANNING, PublicationState.CANCELLED, PublicationState.FAILED}
    ),
    PublicationState.PLANNING: frozenset(
        {
            PublicationState.SENDING,
            PublicationState.WAITING,
            PublicationState.FINISHED,
            PublicationState.FAILED,
            PublicationState.CANCELLED,
        }
    ),
    PublicationState.SENDING: frozenset(
        {
            PublicationState.WAITING,
            PublicationState.FINISHED,
            PublicationState.FAILED,
            PublicationState.CANCELLED,
        }
    ),
    PublicationState.WAITING: frozenset(
        {
            PublicationState.PLANNING,
            PublicationState.SENDING,
            PublicationState.FINISHED,
            PublicationState.FAILED,
            PublicationState.CANCELLED,
        }
    ),
    PublicationState.FINISHED: frozenset(),
    PublicationState.FAILED: frozenset(),
    PublicationState.CANCELLED: frozenset(),
}

LIVE = frozenset(
    {PublicationState.PLANNING, PublicationState.SENDING, PublicationState.WAITING}
)
OVER = frozenset(
    {PublicationState.FINISHED, PublicationState.FAILED, PublicationState.CANCELLED}
)

LONGEST_POLL_FACTOR = 15
LOST_TASK_UNSEEN = timedelta(seconds=60)
LOST_TASK_SHORTEST = timedelta(seconds=10)
LOST_TASK_LONGEST = timedelta(minutes=6)


class IllegalMoveError(Exception):
    """A publication cannot go from this state to that one."""


def advance(current: PublicationState, to: PublicationState) -> PublicationState:
    """The new state, if the table allows the move. Raises IllegalMoveError."""
    if to != current and to not in MOVES[current]:
        raise IllegalMoveError(f"{current} -> {to}")
    return to


def pause_before_poll(polls: int, first: timedelta) -> timedelta:
    """Tasks take seconds or minutes: look often at first, then less and less."""
    return min(first * 1.5 ** min(polls, 20), first * LONGEST_POLL_FACTOR)


def wait_for_lost_task(longest_seen: timedelta | None) -> timedelta:
    """How long a batch whose answer was lost may still be under way.

    Three times the longest task of this account lately; a minute where none was
    seen. Sending it again too early is harmless (every line is absolute) but costs
    lines.
    """
    if longest_seen is None:
        return LOST_TASK_UNSEEN
    return min(max(longest_seen * 3, LOST_TASK_SHORTEST), LOST_TASK_LONGEST)
