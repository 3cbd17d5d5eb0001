"""The transitions of drift checks. Pure."""

from app.core.lifecycle import Lifecycle

DRIFT_CHECK = Lifecycle(
    "drift check",
    {
        "requested": {"running", "failed"},
        "running": {"waiting", "done", "failed"},
        "waiting": {"running", "failed"},
        "done": {"requested"},
        "failed": {"requested"},
    },
    frozenset({"done", "failed"}),
)
