"""States of service cases (Back Market API, section 8). Pure."""

from collections.abc import Mapping

from app.orders.enums import UNKNOWN

CASE_STATES: Mapping[int, str] = {0: "open", 9: "closed"}


def case_state(code: int | None) -> str:
    return UNKNOWN if code is None else CASE_STATES.get(code, UNKNOWN)


def case_code(given: str) -> int | None:
    """The number of a state, from its word or its number; None if neither."""
    if given.isascii() and given.isdigit() and len(given) < 10:  # noqa: PLR2004 - 32 bits
        return int(given)
    return {word: code for code, word in CASE_STATES.items()}.get(given)
