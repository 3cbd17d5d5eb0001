"""What a departure does next."""

from datetime import timedelta

import pytest

from app.departures.next_step import (
    PAUSES,
    Facts,
    Finish,
    StartRun,
    Step,
    Wait,
    next_step,
)
from app.publications.enums import PublicationState as State

FAILED = State.FAILED
CASES = [
    pytest.param(Facts(zeroes=False), Finish(), id="the listings are left"),
    pytest.param(Facts(), StartRun(), id="the first run"),
    pytest.param(
        Facts(to_zero=False), StartRun(), id="a run although nothing is known"
    ),
    pytest.param(Facts(run=State.SENDING), Wait(), id="it runs"),
    pytest.param(
        Facts(run=State.SENDING, to_zero=False), Wait(), id="it runs to its end"
    ),
    pytest.param(Facts(run=State.FINISHED, to_zero=False), Finish(), id="all is 0"),
    pytest.param(
        Facts(run=State.FINISHED, to_zero=False, unsettled=True),
        StartRun(PAUSES[0]),
        id="an earlier request may still raise stock",
    ),
    pytest.param(
        Facts(run=State.FINISHED, rounds=2), StartRun(PAUSES[2]), id="some were refused"
    ),
    pytest.param(
        Facts(run=State.FINISHED, rounds=len(PAUSES)),
        Finish("not_all_zeroed"),
        id="refused to the end",
    ),
    pytest.param(
        Facts(run=FAILED, reason="token_refused"),
        Finish("token_refused"),
        id="no run helps",
    ),
    pytest.param(
        Facts(run=FAILED, reason="token_refused", to_zero=False),
        Finish(),
        id="nothing is online although the token is refused",
    ),
    pytest.param(
        Facts(run=FAILED, reason="internal_error", rounds=1),
        StartRun(PAUSES[1]),
        id="another run may help",
    ),
]


@pytest.mark.parametrize(("facts", "step"), CASES)
def test_a_departure_continues_until_all_is_0_or_no_run_helps(facts: Facts, step: Step):
    assert next_step(facts) == step


def test_pauses_between_runs_grow():
    assert list(PAUSES) == sorted(PAUSES)
    assert PAUSES[0] == timedelta(0)
