"""Which moves are allowed, which calls they need, and whether a call has happened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.orders.actions.transitions import (
    BILLED,
    MOVES,
    LineView,
    OrderView,
    PlannedSubmission,
    TransitionResult,
    allowed,
    allows_device_number,
    also_moved,
    reconcile,
    submissions_for,
)
from app.orders.enums import Action

STATES = st.one_of(st.integers(-1, 10), st.integers())
LINES = st.lists(
    st.builds(
        LineView,
        id=st.integers(1, 10**6),
        state=STATES,
        sku=st.one_of(st.none(), st.sampled_from(["A", "a", "B", "C"])),
        quantity=st.integers(1, 3),
    ),
    unique_by=lambda line: line.id,
    max_size=6,
)


def line(state: int, number: int = 1, sku: str | None = "A") -> LineView:
    return LineView(number, state, sku)


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        (0, []),
        (1, ["accept", "cancel"]),
        (2, ["ship", "refund"]),
        (3, ["refund"]),
        (4, []),
        (5, []),
        (6, []),
        (7, []),
        (8, []),
        (9, []),
        (42, []),
        (-1, []),
    ],
)
def test_a_line_allows_exactly_what_back_market_does(state: int, actions: list[str]):
    assert [str(action) for action in allowed([line(state)])] == actions


@pytest.mark.parametrize(
    ("action", "state", "to_state"),
    [
        (Action.ACCEPT, 1, 2),
        (Action.CANCEL, 1, 4),
        (Action.REFUND, 2, 5),
        (Action.REFUND, 3, 6),
    ],
)
def test_a_line_is_changed_by_a_request_with_its_sku(action, state, to_state):
    (call,) = submissions_for(action, 70, [line(state)], {})

    assert call.body == {"order_id": 70, "new_state": to_state, "sku": "A"}
    assert (call.from_state, call.to_state) == (state, to_state)


def test_a_parcel_is_one_request_without_a_sku():
    lines = [line(2, 1), line(2, 2, "B")]

    (call,) = submissions_for(Action.SHIP, 70, lines, {"tracking_number": "T"})

    assert call.line_ids == (1, 2)
    assert call.body == {"order_id": 70, "new_state": 3, "tracking_number": "T"}


def test_only_shipped_lines_have_a_return_reason():
    lines = [line(2, 1), line(3, 2, "B")]

    before, after = submissions_for(Action.REFUND, 70, lines, {"return_reason": 21})

    assert "return_reason" not in before.body
    assert after.body["return_reason"] == 21


@given(LINES)
def test_every_allowed_action_changes_each_line_once(lines):
    for action, ids in allowed(lines).items():
        chosen = [each for each in lines if each.id in ids]

        calls = submissions_for(action, 70, chosen, {})

        assert sorted(n for call in calls for n in call.line_ids) == sorted(ids)
        assert all(call.to_state == MOVES[call.from_state][action] for call in calls)
        assert all(call.body.get("sku") for call in calls if action is not Action.SHIP)


@given(LINES)
def test_a_submission_is_reconciled_by_the_state_of_its_lines(lines):
    states = {each.id: each.state for each in lines}
    for action, ids in allowed(lines).items():
        chosen = [each for each in lines if each.id in ids]
        for call in submissions_for(action, 70, chosen, {}):
            moved = {**states, **dict.fromkeys(call.line_ids, call.to_state)}
            assert reconcile(call, OrderView(states)) is TransitionResult.NOT_YET
            assert reconcile(call, OrderView(moved)) is TransitionResult.APPLIED


def call(from_state: int, to_state: int, **body: str) -> PlannedSubmission:
    return PlannedSubmission((1,), from_state, to_state, body)


@pytest.mark.parametrize(
    ("planned", "state", "tracking", "seen"),
    [
        pytest.param(
            call(1, 2), 1, None, TransitionResult.NOT_YET, id="accept, still to accept"
        ),
        pytest.param(
            call(1, 2), 3, "T", TransitionResult.APPLIED, id="accept, shipped since"
        ),
        pytest.param(
            call(1, 2), 4, None, TransitionResult.CONFLICT, id="accept, cancelled"
        ),
        pytest.param(
            call(1, 4), 2, None, TransitionResult.CONFLICT, id="cancel, accepted"
        ),
        pytest.param(
            call(2, 3, tracking_number="X 1"),
            3,
            "x1",
            TransitionResult.APPLIED,
            id="ship, ours",
        ),
        pytest.param(
            call(2, 3, tracking_number="X1"),
            3,
            "Y2",
            TransitionResult.CONFLICT,
            id="ship, theirs",
        ),
        pytest.param(
            call(2, 3, tracking_number="X1"),
            6,
            "X1",
            TransitionResult.APPLIED,
            id="ship, back",
        ),
        pytest.param(
            call(2, 5), 3, "T", TransitionResult.CONFLICT, id="refund, shipped"
        ),
        pytest.param(
            call(3, 6), 3, "T", TransitionResult.NOT_YET, id="refund after, not yet"
        ),
        pytest.param(
            call(1, 2), None, None, TransitionResult.CONFLICT, id="the line is gone"
        ),
    ],
)
def test_the_result_of_a_readback(planned, state, tracking, seen):
    states = {} if state is None else {1: state}

    assert reconcile(planned, OrderView(states, tracking)) is seen


@pytest.mark.parametrize(
    ("before", "now", "seen"),
    [
        (None, None, TransitionResult.NOT_YET),
        ("monday", "monday", TransitionResult.NOT_YET),
        (None, "monday", TransitionResult.APPLIED),
        ("monday", "tuesday", TransitionResult.APPLIED),
    ],
)
def test_an_invoice_was_uploaded_when_its_time_changed(before, now, seen):
    planned = PlannedSubmission((), 0, BILLED, {"billed_before": before})

    assert reconcile(planned, OrderView({}, None, now)) is seen


def test_lines_of_one_sku_and_state_change_together():
    lines = [line(1, 1, "A"), line(1, 2, "a"), line(2, 3, "A"), line(1, 4, "B")]

    assert also_moved(lines, [lines[0]]) == (2,)
    assert also_moved(lines, lines[:2]) == ()
    assert also_moved(lines, [lines[3]]) == ()


@pytest.mark.parametrize(
    ("quantities", "single"), [([1], True), ([2], False), ([1, 1], False), ([], False)]
)
def test_a_device_number_needs_one_line_with_one_piece(quantities, single):
    lines = [LineView(n, 2, "A", quantity) for n, quantity in enumerate(quantities)]

    assert allows_device_number(lines) is single
