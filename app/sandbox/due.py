"""Applies everything that is due; runs before each request."""

from app.sandbox.purchases.late_moves import apply_due_moves
from app.sandbox.state import State
from app.sandbox.writes.batch import process_due_tasks
from app.sandbox.writes.validation import validate_due


def process_due(state: State) -> None:
    """Process due tasks, validations and late order moves."""
    process_due_tasks(state)
    validate_due(state)
    apply_due_moves(state)
