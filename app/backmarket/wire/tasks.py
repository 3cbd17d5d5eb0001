"""Parses the report of a batch and classifies its errors."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from app.backmarket.errors import Effect, NotUnderstoodError
from app.backmarket.wire.messages import code_in, first_sentence, tidy, words_in
from app.backmarket.wire.scalars import integer, number_id, text, uuid, whole

_FAILED, _DONE = 8, 9  # 0, 2, 3, 7 and any other number: keep polling (section 14.8)
_NO_REASON = "Back Market gave no reason."
_NAMES = ("sku", "ean", "listing_id", "id", "key")


class TaskStatus(StrEnum):
    """The state of a batch; a completed batch can have rejected rows."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class RefusalCode(StrEnum):
    """Why a row was rejected, as far as the message is known."""

    UNKNOWN_PRODUCT = "unknown_product"
    PRICE = "price"
    CURRENCY = "currency"
    QUANTITY = "quantity"
    GRADE = "grade"
    EAN = "ean"
    WARRANTY = "warranty"
    COMMENT = "comment"
    SHIPPER = "shipper"
    PERMISSION = "permission"
    THROTTLED = "throttled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ListingRef:
    """The listing of an accepted row; None if Back Market did not report it."""

    listing_id: str | None = None
    backmarket_id: int | None = None
    publication_state: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was refused: our stable code, Back Market's own words (<= 300)."""

    code: RefusalCode
    message: str


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What a batch led to, keyed as Back Market keys it: SKU, EAN or listing id.

    `error` is the message that concerns no single row. `aliases` lists the other
    names an entry gave itself.
    """

    status: TaskStatus
    error: str | None = None
    accepted: Mapping[str, ListingRef] = field(default_factory=dict)
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def task_id_of(answer: object) -> int:
    """Read the task's id from the reply to a batch (Back Market API, batch).

    Accepts a number or text under `bodymessage`, or an object with `task_id` or `id`.
    Raises NotUnderstoodError with an unknown effect: the batch may be running.
    """
    found = answer
    for name in ("bodymessage", "task_id", "id"):
        if isinstance(found, Mapping) and found.get(name) is not None:
            found = found[name]
    task_id = whole(found)
    if task_id is None:
        raise NotUnderstoodError(
            "Back Market accepted the batch without a task id.", effect=Effect.UNKNOWN
        )
    return task_id


def parse_task(answer: object, secrets: Sequence[str] = ()) -> TaskReport:
    """Read `GET /ws/tasks/{id}`, whatever shape its entries have.

    Back Market API, listings, batch ("task"): rows in both lists count as refused.
    Raises NotUnderstoodError (effect none) if there is no `action_status`.
    """
    task = answer if isinstance(answer, Mapping) else {}
    if "action_status" not in task and isinstance(task.get("bodymessage"), Mapping):
        task = task["bodymessage"]
    number = whole(task.get("action_status"))
    if number is None:
        raise NotUnderstoodError("Back Market's task carries no action_status.")
    status = {_FAILED: TaskStatus.FAILED, _DONE: TaskStatus.DONE}.get(
        number, TaskStatus.PENDING
    )
    if status is TaskStatus.PENDING:
        return TaskReport(status)
    return _finished(status, task, secrets)


def _finished(
    status: TaskStatus, task: Mapping[str, object], secrets: Sequence[str]
) -> TaskReport:
    result = task.get("result")
    rows = result if isinstance(result, Mapping) else task
    aliases: dict[str, tuple[str, ...]] = {}
    accepted = {}
    for key, entry in _entries(rows.get("product_success")):
        if key:
            accepted[key] = _listing_ref(entry)
            _note_names(aliases, key, entry)
    refused, stray = {}, [task.get("last_action_error")]
    for key, entry in _entries(rows.get("product_errors")):
        if not key:
            stray.append(entry)
        elif entry or key not in accepted:
            # An empty list of errors next to a success is not an error.
            refused[key] = _refusal(entry, secrets)
            _note_names(aliases, key, entry)
    error = first_sentence(words_in(stray), secrets)
    if not error and status is TaskStatus.FAILED:
        error = _NO_REASON
    kept = {key: ref for key, ref in accepted.items() if key not in refused}
    return TaskReport(status, error or None, kept, refused, aliases)


def _entries(rows: object) -> Iterator[tuple[str | None, object]]:
    """Yield each row's key and entry from an object, a list, text or nothing."""
    if isinstance(rows, Mapping):
        for key, entry in rows.items():
            yield str(key).strip() or None, entry
    elif isinstance(rows, list):
        for entry in rows:
            yield next(iter(_names(entry)), None), entry
    elif rows:
        yield None, rows


def _names(entry: object, fields: Sequence[str] = _NAMES) -> Iterator[str]:
    if isinstance(entry, Mapping):
        for name in fields:
            if value := text(entry.get(name)):
                yield value


def _note_names(aliases: dict[str, tuple[str, ...]], key: str, entry: object) -> None:
    if not isinstance(entry, Mapping) or ("sku" not in entry and "ean" not in entry):
        return
    # Not the listing id: it could be the SKU of another row.
    others = tuple(name for name in _names(entry, ("sku", "ean")) if name != key)
    if others:
        aliases[key] = others


def _listing_ref(entry: object) -> ListingRef:
    """The older number until a listing shows its UUID."""
    if not isinstance(entry, Mapping):
        return ListingRef(_listing_id(entry))
    return ListingRef(
        _listing_id(entry.get("listing_id")) or _listing_id(entry.get("id")),
        whole(entry.get("backmarket_id")),
        integer(entry.get("publication_state"), 16),
    )


def _listing_id(value: object) -> str | None:
    return uuid(value) or number_id(value)


def _refusal(entry: object, secrets: Sequence[str]) -> Refusal:
    if isinstance(entry, Mapping):
        # A name has no blanks; "is not valid" under `ean` is a reason.
        entry = {
            name: value
            for name, value in entry.items()
            if name not in _NAMES or " " in (text(value) or " ")
        }
    message = tidy(words_in(entry), secrets) or _NO_REASON
    if code_in(entry) == "E008":
        return Refusal(RefusalCode.THROTTLED, message)
    return Refusal(classify(message), message)


# The first that matches wins. Back Market publishes no wording (section 14.7).
_SIGNS = tuple(
    (code, re.compile(sign, re.IGNORECASE))
    for code, sign in (
        (RefusalCode.THROTTLED, r"too many|rate.?limit|throttl|\bE008\b|quota"),
        (
            RefusalCode.PERMISSION,
            r"permission|not allowed to|forbidden|eligib|unauthori[sz]|channel",
        ),
        (RefusalCode.SHIPPER, r"shipp|carrier"),
        (RefusalCode.CURRENCY, r"currenc"),
        (
            RefusalCode.UNKNOWN_PRODUCT,
            (
                r"\bproducts?\b.*(not found|unknown|n[o']t exist|no match|not match)"
                r"|(unknown|no|find|invalid)( \w+)? product"
                r"|\b(product_id|backmarket_id)\b"
                r"|unknown (ean|gtin)|\b(ean|gtin)\b.*(not found|unknown|n[o']t exist)"
            ),
        ),
        (RefusalCode.EAN, r"\b(ean|gtin|barcode)s?\b"),
        (RefusalCode.COMMENT, r"comment"),
        (RefusalCode.PRICE, r"pric(e|ing)|price_"),
        (RefusalCode.QUANTITY, r"quantit|\bstock\b"),
        (RefusalCode.GRADE, r"\bgrade|aesthetic|\bcondition\b"),
        (RefusalCode.WARRANTY, r"warrant"),
    )
)


@lru_cache(maxsize=2048)
def classify(message: str) -> RefusalCode:
    """Classify why a row was rejected; `refused` for an unknown message."""
    for code, sign in _SIGNS:
        if sign.search(message):
            return code
    return RefusalCode.REFUSED
