"""The states of a departure and their transitions. Pure."""

from app.core.lifecycle import Lifecycle

ENDS = frozenset({"done", "failed", "cancelled"})
DEPARTURE = Lifecycle(
    "departure",
    {
        "requested": {"zeroing", "deleting", "done", "failed", "cancelled"},
        "zeroing": {"deleting", "done", "failed", "cancelled"},
        "deleting": {"done"},
        "done": {},
        "failed": {},
        "cancelled": {},
    },
    ENDS,
)
