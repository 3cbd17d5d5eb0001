"""The kind of each state, which decides colour and icon. Pure."""

from typing import Literal

Kind = Literal["good", "bad", "warn", "busy", "plain"]

KINDS: dict[str, Kind] = {
    **dict.fromkeys(("green", "ok", "connected", "active"), "good"),
    **dict.fromkeys(("red", "refused", "forbidden", "unreachable"), "bad"),
    **dict.fromkeys(("ready", "finished", "done", "online", "accepted"), "good"),
    **dict.fromkeys(("applied", "delivered", "shipped"), "good"),
    **dict.fromkeys(("rejected", "failed", "in_error", "disabled", "error"), "bad"),
    **dict.fromkeys(("held", "awaiting_mapping", "deferred", "due", "paused"), "warn"),
    **dict.fromkeys(("uncertain", "unmatched", "overdue", "unverified"), "warn"),
    **dict.fromkeys(("received", "importing", "requested", "planning"), "busy"),
    **dict.fromkeys(("sending", "waiting", "queued", "running", "planned"), "busy"),
    **dict.fromkeys(("pending", "in_progress"), "busy"),
}


def kind_of(state: object) -> Kind:
    """A state that is not listed has no colour."""
    return KINDS.get(str(state), "plain")
