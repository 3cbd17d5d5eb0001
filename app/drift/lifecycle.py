"""The transitions of drift checks and checks of other markets. Pure."""

from app.core.lifecycle import Lifecycle

_TRANSITIONS: dict[str, set[str]] = {
    "requested": {"running", "failed"},
    "running": {"waiting", "done", "failed"},
    "waiting": {"running", "failed"},
    "done": {"requested"},
    "failed": {"requested"},
}
_ENDS = frozenset({"done", "failed"})

DRIFT_CHECK = Lifecycle("drift check", _TRANSITIONS, _ENDS)
OTHER_MARKET_CHECK = Lifecycle("check of other markets", _TRANSITIONS, _ENDS)
