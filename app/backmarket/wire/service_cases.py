"""Reads cases of Back Market's after-sales service (section 8, `GET /ws/sav`).

Names and messages of buyers are not read.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from app.backmarket.errors import NotUnderstoodError
from app.backmarket.markets import UnknownMarketError, market_of
from app.backmarket.wire.pages import has_next
from app.backmarket.wire.scalars import integer, moment, text, whole

MAX_REASONS = 20
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class ServiceCase:
    """One case; None is what Back Market did not say, times are UTC.

    `line` is the order line that it is about, `order` the order, if it is named.
    `reasons`: what the buyer reports, and `resolution`, what was chosen.
    """

    id: int
    state: int | None
    order: int | None
    line: int | None
    country: str | None
    reasons: tuple[str, ...]
    resolution: str | None
    created_at: datetime | None
    modified_at: datetime | None
    last_message_at: datetime | None
    closed_at: datetime | None

    @property
    def digest(self) -> str:
        """Changes with any field."""
        written = json.dumps(asdict(self), sort_keys=True, default=str)
        return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class ServiceCasePage:
    """One page of cases, and whether another follows."""

    items: tuple[ServiceCase, ...] = ()
    has_next: bool = False
    unreadable: int = 0


def parse_service_cases(answer: object, number: int = 1) -> ServiceCasePage:
    """Read one page (section 3), counted from 1.

    Raises NotUnderstoodError if there is no list of results.
    """
    page = answer if isinstance(answer, Mapping) else {"results": answer}
    results = page.get("results")
    if not isinstance(results, list):
        raise NotUnderstoodError("Back Market's page carries no list of cases.")
    read = [_case(entry) for entry in results]
    items = tuple(case for case in read if case)
    follows = has_next(page, results, number)
    return ServiceCasePage(items, follows, len(read) - len(items))


def _case(entry: object) -> ServiceCase | None:
    """None without a number."""
    if not isinstance(entry, Mapping):
        return None
    number = whole(entry.get("id"))
    if number is None:
        return None
    claims = [line for line in _list(entry.get("lines")) if isinstance(line, Mapping)]
    choices = [text(claim.get("resolution_choice")) for claim in claims]
    return ServiceCase(
        id=number,
        state=integer(entry.get("state")),
        order=_order_of(entry.get("orderline")),
        line=_number_of(entry.get("orderline"), ("id", "pk", "orderline_id")),
        country=_country(text(entry.get("country_code"))),
        reasons=tuple(dict.fromkeys(_reasons(claims)))[:MAX_REASONS],
        resolution=next((each[:_LONGEST] for each in choices if each), None),
        created_at=moment(entry.get("date_creation")),
        modified_at=moment(entry.get("date_modification")),
        last_message_at=moment(entry.get("date_last_message")),
        closed_at=moment(entry.get("date_closed")),
    )


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _number_of(value: object, names: tuple[str, ...]) -> int | None:
    """A number, or that of an object with one of these names."""
    if not isinstance(value, Mapping):
        return whole(value)
    return next(
        (n for name in names if (n := whole(value.get(name))) is not None), None
    )


def _order_of(line: object) -> int | None:
    """The order of a nested order line."""
    if not isinstance(line, Mapping):
        return None
    return _number_of(line.get("order", line.get("order_id")), ("order_id", "id", "pk"))


def _reasons(claims: list[Mapping[str, object]]) -> Iterator[str]:
    """What the buyer reports per issue: its tag, or else its text."""
    for claim in claims:
        for issue in _list(claim.get("issues")):
            if isinstance(issue, Mapping):
                word = text(issue.get("tag")) or text(issue.get("customerIssue"))
            else:
                word = text(issue)
            if word:
                yield word[:_LONGEST]


def _country(code: str | None) -> str | None:
    try:
        return market_of(code).country if code else None
    except UnknownMarketError:
        return None
