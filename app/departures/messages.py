"""Messages of the codes of departures."""

from app.publications.messages import sentence_for

_MESSAGES = {
    "replaced": "Another order for the same store replaced it.",
    "store_activated": "The store was activated again.",
    "not_all_zeroed": "Back Market did not accept the quantity 0 for all listings.",
}


def message_for(code: str) -> str:
    """The message of a code."""
    return _MESSAGES.get(code) or sentence_for(code)
