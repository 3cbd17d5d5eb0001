"""Which order a text or number of a request names. Pure."""

from uuid import UUID

Reference = int | UUID
"""Back Market's number of an order, or our id."""
KINDS = "an order's id, or Back Market's number of it"
_MAX_DIGITS = 19


def reference_of(given: int | str) -> Reference | None:
    """None: it names no order."""
    text = str(given)
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= _MAX_DIGITS and _fits(text) else None
    try:
        return UUID(text)
    except ValueError:
        return None


def _fits(digits: str) -> bool:
    return 0 < int(digits) < 2**63
