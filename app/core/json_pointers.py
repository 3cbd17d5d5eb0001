"""Places in a JSON body: the path that a sender knows, and JSON pointers to it."""

from collections.abc import Mapping, Sequence


def place_in(sent: object, loc: Sequence[str | int], kind: str) -> list[str]:
    """The path to a field as the sender knows it, of an error of pydantic's.

    Where one of several shapes is meant, pydantic names the shape in the path: what
    the body does not have is left out, but for a last part that is `missing`.
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
    """One part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")
