"""Converts pydantic's error locations to paths and JSON pointers of the body."""

from collections.abc import Mapping, Sequence


def place_in(sent: object, loc: Sequence[str | int], kind: str) -> list[str]:
    """The path of a field in the body, from the location of a pydantic error.

    For unions pydantic adds the name of the variant to the location: parts that the
    body does not have are left out, except a last part of kind `missing`.
    """
    place: list[str] = []
    for number, part in enumerate(loc):
        is_last = number == len(loc) - 1
        inner = _inside(sent, part)
        if inner is None and not (kind == "missing" and is_last):
            continue
        place.append(str(part)[:100])
        sent = inner[0] if inner else None
    return [*place, "op"] if kind.startswith("union_tag") else place


def _inside(sent: object, part: str | int) -> tuple[object] | None:
    if isinstance(sent, Mapping):
        return (sent[part],) if part in sent else None
    if isinstance(sent, list) and isinstance(part, int) and part < len(sent):
        return (sent[part],)
    return None


def pointer_to(place: Sequence[str]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{escaped(part)}" for part in place)


def escaped(part: str) -> str:
    """One escaped part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")
