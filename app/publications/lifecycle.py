"""The states of publications, submissions and plans, and their transitions. Pure."""

from datetime import timedelta

from app.core.lifecycle import Lifecycle
from app.publications.enums import PublicationState

ACTIVE = frozenset(
    {PublicationState.PLANNING, PublicationState.SENDING, PublicationState.WAITING}
)
OVER = frozenset(
    {PublicationState.FINISHED, PublicationState.FAILED, PublicationState.CANCELLED}
)
PUBLICATION = Lifecycle(
    "publication",
    {
        "requested": {"planning", "failed", "cancelled"},
        "planning": {"sending", "waiting", "finished", "failed", "cancelled"},
        "sending": {"waiting", "finished", "failed", "cancelled"},
        "waiting": {"planning", "sending", "finished", "failed", "cancelled"},
        "finished": {},
        "failed": {},
        "cancelled": {},
    },
    OVER,
)
SUBMISSION = Lifecycle(
    "submission",
    {
        "pending": {"sending", "settled"},
        "sending": {"pending", "uncertain", "sent", "settled"},
        "uncertain": {"pending", "settled"},
        "sent": {"uncertain", "settled"},
        "settled": {},
    },
    frozenset({"settled"}),
)
PLAN = Lifecycle(
    "plan",
    {"requested": {"ready", "failed"}, "ready": {}, "failed": {}},
    frozenset({"ready", "failed"}),
)

LONGEST_POLL_FACTOR = 15
POLLS_PER_AGE = 20
LOST_TASK_DEFAULT = timedelta(seconds=60)
LOST_TASK_SHORTEST = timedelta(seconds=10)
LOST_TASK_LONGEST = timedelta(minutes=6)


def pause_before_poll(
    polls: int, first: timedelta, age: timedelta = timedelta(0)
) -> timedelta:
    """How long to wait before the next poll of a task: longer each time.

    At least a twentieth of the age: an old task is polled every few minutes.
    """
    usual = min(first * 1.5 ** min(polls, 20), first * LONGEST_POLL_FACTOR)
    return max(usual, age / POLLS_PER_AGE)


def wait_for_lost_task(longest_seen: timedelta | None) -> timedelta:
    """How long a batch whose response was lost may still be processed.

    Three times the longest recent task of this account; a minute without one. Sending
    the batch again too early is harmless (every line is absolute) but costs lines.
    """
    if longest_seen is None:
        return LOST_TASK_DEFAULT
    return min(max(longest_seen * 3, LOST_TASK_SHORTEST), LOST_TASK_LONGEST)
