"""Extracts error messages from responses: no HTML, no token, at most 300 characters."""

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from urllib.parse import quote

LONGEST_MESSAGE = 300
_LONGEST_READ = 8_000
_DEEPEST = 6
_MAX_PARTS = 8
_SHORTEST_SECRET = 4
_HIDDEN = "***"

_TAG = re.compile(r"<[a-zA-Z/!?][^>]*(?:>|$)")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-z])")
_CREDENTIAL = re.compile(
    r"\b(basic|bearer)\s+[\w+/=.~-]{16,}|\bBMT-[\w+/=.~-]+", re.IGNORECASE
)
_PAGE = re.compile(r"\s*(?:\ufeff\s*)?<(?:!doctype|html|head|body)\b", re.IGNORECASE)

# Keys of the error message, in Back Market's envelopes and in common others.
_SPEAKING = ("message", "detail", "msg", "description", "reason", "title")
_WRAPPING = ("error", "errors", "bodymessage")
_SILENT = frozenset({"statuscode", "status", "type", "requestId", "docLink"})


def secrets_in(token: str) -> tuple[str, ...]:
    """List the forms under which a token could be echoed, the longest first."""
    token = token.strip()
    forms = {token, quote(token, safe="")}
    try:
        plain = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        plain = ""
    if ":" in plain:
        forms |= {plain, plain.partition(":")[2]}
    long_enough = (form for form in forms if len(form) >= _SHORTEST_SECRET)
    return tuple(sorted(long_enough, key=len, reverse=True))


def tidy(words: str, secrets: Iterable[str] = ()) -> str:
    """Make one clean line of at most 300 characters, tags and secrets removed."""
    # Secrets are removed before truncation, and again after unescaping.
    hidden = tuple(secrets)
    words = html.unescape(_hide(words, hidden)[:_LONGEST_READ])
    words = _BLANK.sub(" ", _TAG.sub(" ", words)).strip()
    words = _CREDENTIAL.sub(_HIDDEN, _hide(words, hidden))
    if len(words) > LONGEST_MESSAGE:
        words = words[: LONGEST_MESSAGE - 1].rstrip() + "…"
    return words


def _hide(words: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        words = words.replace(secret, _HIDDEN)
    return words


def first_sentence(words: str, secrets: Iterable[str] = ()) -> str:
    """The first sentence of the result of `tidy`."""
    return _SENTENCE_END.split(tidy(words, secrets), maxsplit=1)[0]


def is_page(words: str) -> bool:
    """Whether a text is an HTML page."""
    return bool(_PAGE.match(words))


def words_in(value: object) -> str:
    """Join the texts of an error entry of any shape; empty if it has none."""
    parts = islice(_parts(value, _DEEPEST), _MAX_PARTS)
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _parts(value: object, depth: int) -> Iterator[str]:
    if depth == 0 or value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        yield "an HTML page" if is_page(value) else value.strip()
    elif isinstance(value, int | float):
        yield f"{value:.15g}" if isinstance(value, float) else _digits(value)
    elif isinstance(value, Mapping):
        yield from _parts_of_object(value, depth)
    elif isinstance(value, Sequence):
        for entry in value:
            yield from _parts(entry, depth - 1)


def _parts_of_object(value: Mapping[str, object], depth: int) -> Iterator[str]:
    wrapped = [value[key] for key in _WRAPPING if value.get(key)]
    speaking = _SPEAKING if not wrapped else _SPEAKING[:-1]
    spoken = [value[key] for key in speaking if value.get(key)][:1]
    for entry in (*spoken, *wrapped):
        yield from _parts(entry, depth - 1)
    fields = _fields_of(value) if wrapped or spoken else value
    for name, entry in fields.items():
        words = ", ".join(islice(_parts(entry, depth - 1), _MAX_PARTS))
        if words and name not in _SILENT:
            yield f"{name}: {words}"


def _fields_of(value: Mapping[str, object]) -> Mapping[str, object]:
    """Find the map of field names that V1 keeps under `data.fields`."""
    data = value.get("data")
    fields = data.get("fields") if isinstance(data, Mapping) else value.get("fields")
    if isinstance(fields, Mapping):
        return fields
    named = value.get("target") or value.get("field")
    return {"field": named} if isinstance(named, str) else {}


def _digits(number: int) -> str:
    # Python refuses to write integers of thousands of digits.
    return str(number) if number.bit_length() < _LONGEST_READ else "a huge number"


def code_in(value: object, depth: int = _DEEPEST) -> str | None:
    """Find Back Market's own error code, such as `E008`, in any of its envelopes."""
    if depth == 0:
        return None
    if isinstance(value, list):
        value = value[0] if value else None
    if not isinstance(value, Mapping):
        return None
    code = value.get("code")
    if isinstance(code, str) and re.fullmatch(r"[\w.:-]{1,60}", code):
        return code
    found = (code_in(value.get(key), depth - 1) for key in ("error", "errors"))
    return next((each for each in found if each), None)
