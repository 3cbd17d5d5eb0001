"""Transitions of states, and pauses before polls and retries."""

from datetime import timedelta
from itertools import product

import pytest

from app.core.lifecycle import TransitionError
from app.publications.enums import PublicationState
from app.publications.lifecycle import (
    ACTIVE,
    OVER,
    PUBLICATION,
    pause_before_poll,
    wait_for_lost_task,
)

ALLOWED = {
    "requested": "planning cancelled failed",
    "planning": "sending waiting finished failed cancelled",
    "sending": "waiting finished failed cancelled",
    "waiting": "planning sending finished failed cancelled",
    "finished": "",
    "failed": "",
    "cancelled": "",
}


@pytest.mark.parametrize(
    ("current", "to"),
    [
        pytest.param(a, b, id=f"{a}-{b}")
        for a, b in product(PublicationState, PublicationState)
    ],
)
def test_a_publication_changes_state_only_as_the_table_allows(current, to):
    if current is to or to in ALLOWED[current].split():
        assert PUBLICATION.advance(current, to) == to
    else:
        with pytest.raises(TransitionError, match=f"{current} -> {to}"):
            PUBLICATION.advance(current, to)


def test_a_state_is_requested_active_or_over():
    assert {PublicationState.REQUESTED} | ACTIVE | OVER == set(PublicationState)
    assert not ACTIVE & OVER


@pytest.mark.parametrize(
    ("polls", "seconds"),
    [(0, 2), (1, 3), (2, 4.5), (5, 15.1875), (6, 22.78125), (7, 30), (5000, 30)],
)
def test_poll_pauses_grow_up_to_fifteen_times_the_first(polls, seconds):
    first = timedelta(seconds=2)

    assert pause_before_poll(polls, first) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        pytest.param(timedelta(minutes=10), 30, id="while its run waits"),
        pytest.param(timedelta(hours=1), 180, id="after an hour"),
        pytest.param(timedelta(hours=20), 3600, id="after most of a day"),
    ],
)
def test_an_old_task_is_polled_less_often(age, seconds):
    pause = pause_before_poll(50, timedelta(seconds=2), age)

    assert pause == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("longest", "seconds"),
    [
        pytest.param(None, 60, id="no task was seen yet"),
        pytest.param(0.1, 10, id="at least ten seconds"),
        pytest.param(20, 60, id="three times the longest"),
        pytest.param(119, 357, id="still three times"),
        pytest.param(600, 360, id="at most six minutes"),
    ],
)
def test_a_lost_batch_is_waited_for_as_long_as_tasks_take(longest, seconds):
    seen = None if longest is None else timedelta(seconds=longest)

    assert wait_for_lost_task(seen) == timedelta(seconds=seconds)
