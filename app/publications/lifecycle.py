"""The states of publications, submissions and plans, and their transitions. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from app.publications.enums import PlanState, PublicationState, SubmissionState

StateT = TypeVar("StateT", bound=StrEnum)

ACTIVE = frozenset(
    {PublicationState.PLANNING, PublicationState.SENDING, PublicationState.WAITING}
)
OVER = frozenset(
    {PublicationState.FINISHED, PublicationState.FAILED, PublicationState.CANCELLED}
)
PUBLICATION: Mapping[PublicationState, frozenset[PublicationState]] = {
    PublicationState.REQUESTED: frozenset(
        {
            PublicationState.PLANNING,
            PublicationState.CANCELLED,
            PublicationState.FAILED,
        }
    ),
    PublicationState.PLANNING: OVER
    | {PublicationState.SENDING, PublicationState.WAITING},
    PublicationState.SENDING: OVER | {PublicationState.WAITING},
    PublicationState.WAITING: OVER
    | {PublicationState.PLANNING, PublicationState.SENDING},
    **dict.fromkeys(OVER, frozenset()),
}
SUBMISSION: Mapping[SubmissionState, frozenset[SubmissionState]] = {
    SubmissionState.PENDING: frozenset(
        {SubmissionState.SENDING, SubmissionState.SETTLED}
    ),
    SubmissionState.SENDING: frozenset(
        {
            SubmissionState.PENDING,
            SubmissionState.UNCERTAIN,
            SubmissionState.SENT,
            SubmissionState.SETTLED,
        }
    ),
    SubmissionState.UNCERTAIN: frozenset(
        {SubmissionState.PENDING, SubmissionState.SETTLED}
    ),
    SubmissionState.SENT: frozenset(
        {SubmissionState.UNCERTAIN, SubmissionState.SETTLED}
    ),
    SubmissionState.SETTLED: frozenset(),
}
PLAN: Mapping[PlanState, frozenset[PlanState]] = {
    PlanState.REQUESTED: frozenset({PlanState.READY, PlanState.FAILED}),
    PlanState.READY: frozenset(),
    PlanState.FAILED: frozenset(),
}

LONGEST_POLL_FACTOR = 15
LOST_TASK_DEFAULT = timedelta(seconds=60)
LOST_TASK_SHORTEST = timedelta(seconds=10)
LOST_TASK_LONGEST = timedelta(minutes=6)


class IllegalTransitionError(Exception):
    """The table does not allow this change of state."""


class HasState(Protocol):
    """A row with a state column."""

    state: str


def check_transition(
    transitions: Mapping[StateT, frozenset[StateT]], current: StateT, to: StateT
) -> None:
    """Raises IllegalTransitionError. Staying in a state is always allowed."""
    if to != current and to not in transitions[current]:
        raise IllegalTransitionError(f"{current} -> {to}")


def set_publication_state(row: HasState, to: PublicationState) -> None:
    """Change the state of a publication. Raises IllegalTransitionError."""
    check_transition(PUBLICATION, PublicationState(row.state), to)
    row.state = to


def set_plan_state(row: HasState, to: PlanState) -> None:
    """Change the state of a plan. Raises IllegalTransitionError."""
    check_transition(PLAN, PlanState(row.state), to)
    row.state = to


def pause_before_poll(polls: int, first: timedelta) -> timedelta:
    """How long to wait before the next poll of a task: longer each time."""
    return min(first * 1.5 ** min(polls, 20), first * LONGEST_POLL_FACTOR)


def wait_for_lost_task(longest_seen: timedelta | None) -> timedelta:
    """How long a batch whose response was lost may still be processed.

    Three times the longest recent task of this account; a minute without one. Sending
    the batch again too early is harmless (every line is absolute) but costs lines.
    """
    if longest_seen is None:
        return LOST_TASK_DEFAULT
    return min(max(longest_seen * 3, LOST_TASK_SHORTEST), LOST_TASK_LONGEST)
