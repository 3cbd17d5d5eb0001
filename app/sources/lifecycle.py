"""The transitions of a catalog source: a pull is requested, runs and ends. Pure."""

from app.core.lifecycle import Lifecycle

SOURCE = Lifecycle(
    "catalog source",
    {
        "idle": {"requested", "pulling"},
        "requested": {"pulling", "idle"},
        "pulling": {"idle", "requested"},
    },
    frozenset({"idle"}),
)
