"""A change is repeated only after the order was read repeatedly."""

from datetime import timedelta

import pytest

from app.jobs.retry import ACCEPTED_ORDER_CHANGE, UNANSWERED_ORDER_CHANGE
from app.orders.actions.next_step import (
    MAX_ACCEPTED,
    MAX_ATTEMPTS,
    Attempted,
    NextStep,
    next_step,
)
from app.orders.actions.transitions import TransitionResult

APPLIED, NOT_YET, CONFLICT = TransitionResult
LONG = ACCEPTED_ORDER_CHANGE.max_failures or 0
SHORT = UNANSWERED_ORDER_CHANGE.max_failures or 0


def attempted(
    attempts: int = 1,
    readbacks: int = 1,
    *,
    accepted: bool = False,
    refused: bool = False,
) -> Attempted:
    return Attempted(attempts, readbacks, accepted=accepted, refused=refused)


@pytest.mark.parametrize(
    ("shown", "known", "step"),
    [
        pytest.param(APPLIED, attempted(), NextStep.RECONCILED, id="it happened"),
        pytest.param(
            APPLIED,
            attempted(2, LONG, accepted=True, refused=True),
            NextStep.RECONCILED,
            id="it happened late, and its repeat was refused",
        ),
        pytest.param(
            CONFLICT, attempted(accepted=True), NextStep.REFUSED, id="changed otherwise"
        ),
        pytest.param(
            NOT_YET, attempted(refused=True), NextStep.REFUSED, id="the only attempt"
        ),
        pytest.param(
            NOT_YET,
            attempted(2, refused=True),
            NextStep.READ_BACK,
            id="the first one may show yet",
        ),
        pytest.param(
            NOT_YET,
            attempted(2, LONG, refused=True),
            NextStep.REFUSED,
            id="a refusal that stays",
        ),
        pytest.param(
            NOT_YET,
            attempted(2, LONG, accepted=True, refused=True),
            NextStep.FAILED,
            id="accepted, then refused, never shown",
        ),
        pytest.param(
            NOT_YET, attempted(accepted=True), NextStep.READ_BACK, id="accepted"
        ),
        pytest.param(
            NOT_YET,
            attempted(1, LONG - 1, accepted=True),
            NextStep.READ_BACK,
            id="accepted long ago",
        ),
        pytest.param(
            NOT_YET,
            attempted(1, LONG, accepted=True),
            NextStep.REPEAT,
            id="accepted without an effect",
        ),
        pytest.param(
            NOT_YET,
            attempted(MAX_ACCEPTED, LONG, accepted=True),
            NextStep.FAILED,
            id="accepted twice without an effect",
        ),
        pytest.param(NOT_YET, attempted(), NextStep.READ_BACK, id="no answer"),
        pytest.param(
            NOT_YET, attempted(1, SHORT), NextStep.REPEAT, id="it never arrived"
        ),
        pytest.param(
            NOT_YET,
            attempted(MAX_ATTEMPTS, SHORT),
            NextStep.FAILED,
            id="it never arrives",
        ),
    ],
)
def test_what_follows_a_readback(shown, known, step):
    assert next_step(shown, known) is step


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        (attempted(accepted=True), [2, 5, 15, 60, 300, 900]),
        (attempted(2, refused=True), [2, 5, 15, 60, 300, 900]),
        (attempted(), [1, 3, 10]),
    ],
)
def test_the_pauses_before_a_repeat_grow(known, seconds):
    backoff = known.backoff
    waits = [n for n in range(1, 100) if not backoff.gives_up(n)]
    pauses = [backoff.pause(n) for n in waits]
    assert pauses == [timedelta(seconds=each) for each in seconds]
