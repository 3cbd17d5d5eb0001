"""Decides what a response of Back Market means, from status, headers and body."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NoReturn

from app.backmarket.errors import (
    BackMarketError,
    BackMarketNotFoundError,
    BackMarketUnavailableError,
    Effect,
    NotUnderstoodError,
    PermissionRefusedError,
    RequestRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.backmarket.wire.messages import (
    code_in,
    first_sentence,
    is_page,
    tidy,
    words_in,
)
from app.backmarket.wire.scalars import whole

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes; a task over 15,000 lines stays well below."""
LONGEST_PAUSE = timedelta(days=1)

_THROTTLED = "E008"
_BOT_CHALLENGE = "bot-need-challenge"
# Cloudflare's errors as plain text.
_EDGE_CODE = re.compile(r"\s*error code: (1\d{3})\s*$", re.IGNORECASE)
_EDGE_RATE_LIMIT = "1015"
# A 404 is also what the documentation lists for "webservices unavailable" (section 12).
_CLOSED = re.compile(r"(?is)web\s?-?services?\b.*\b(unavailable|maintenance)")
_LONGEST_INTEGER = 1000
"""Digits; a longer number is absent. Python converts at most 4,300."""
_RAY = re.compile(r"[\w-]{1,64}")
_MEANINGS: Mapping[int, type[BackMarketError]] = {
    HTTPStatus.UNAUTHORIZED: TokenRefusedError,
    HTTPStatus.FORBIDDEN: PermissionRefusedError,
    HTTPStatus.NOT_FOUND: BackMarketNotFoundError,
}
_STATUSES = frozenset(range(100, 600))
_TRY_AGAIN = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer, sniffed: `value` when it is JSON, else `raw` (or a page)."""

    status: int
    headers: Mapping[str, str]
    value: object
    is_json: bool
    is_page: bool
    raw: str
    secrets: tuple[str, ...]

    @property
    def words(self) -> str:
        return words_in(self.value) if self.is_json else self.raw

    @property
    def code(self) -> str | None:
        return code_in(self.value)

    @property
    def sentence(self) -> str:
        if HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST:
            return f"Back Market answered {self.status}; redirects are not followed."
        if self.is_page:
            return tidy(self._page_in_words(), self.secrets)
        said = first_sentence(self.words, self.secrets)
        return said or f"Back Market answered {self.status} without a reason."

    def _page_in_words(self) -> str:
        ray = self.headers.get("cf-ray", "")
        at_edge = ray or "cloudflare" in self.headers.get("server", "").lower()
        who = "Back Market's edge" if at_edge else "Back Market"
        quoted = f" (cf-ray {ray})" if _RAY.fullmatch(ray) else ""
        return f"{who} answered {self.status} with an HTML page{quoted}."


def effect_of(method: str) -> Effect:
    """What a request without a response may have changed."""
    reads = method.upper() in {"GET", "HEAD", "OPTIONS"}
    return Effect.NONE if reads else Effect.UNKNOWN


def read_answer(  # noqa: PLR0913 - an answer has four parts, plus what to hide, and when
    method: str,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    secrets: tuple[str, ...] = (),
    now: datetime | None = None,
) -> object:
    """Return the JSON value of a success (None if empty), or raise BackMarketError.

    Back Market API, listings, batch ("errors"): all its envelopes, bare strings, plain
    text and HTML are read; what `secrets` lists never shows in a message. `now` serves
    a `Retry-After` date when the answer has no `Date`. Raises BackMarketError.
    """
    if len(body) > LARGEST_ANSWER:
        if _succeeded(status):
            raise NotUnderstoodError(
                f"Back Market's answer is larger than {LARGEST_ANSWER} bytes.",
                status=status,
                effect=effect_of(method),
            )
        body = b""
    answer = _sniff(status, headers, body, secrets)
    if not _succeeded(status):
        _refuse(method, answer, now)
    if not answer.is_json and (answer.raw or answer.is_page):
        raise NotUnderstoodError(
            tidy(f"Success without JSON: {answer.sentence}"),
            status=status,
            effect=effect_of(method),
        )
    _refuse_hidden_failure(method, answer, now)
    return answer.value


def _succeeded(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _sniff(
    status: int, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]
) -> _Answer:
    lowered = {name.lower(): value for name, value in headers.items()}
    said_html = "html" in lowered.get("content-type", "").lower()
    is_json, value = _json(body)
    if is_json:
        page = isinstance(value, str) and is_page(value)
        return _Answer(status, lowered, value, not page, page, "", secrets)
    words = body.decode("utf-8", "replace").strip()
    page = bool(words) and (said_html or is_page(words) or words.startswith("<"))
    return _Answer(
        status, lowered, None, is_json=False, is_page=page, raw=words, secrets=secrets
    )


def _json(body: bytes) -> tuple[bool, object]:
    """Parse JSON whatever the content type claims; section 12 has it both ways."""
    try:
        return True, json.loads(body)
    except UnicodeDecodeError:
        body = body.decode("latin-1").encode()
    except (json.JSONDecodeError, RecursionError):
        return False, None
    except ValueError:  # a number of more digits than Python converts
        pass
    try:
        return True, json.loads(body, parse_int=_integer)
    except (ValueError, RecursionError):
        return False, None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else None


def _refuse_hidden_failure(method: str, answer: _Answer, now: datetime | None) -> None:
    """Raise for a 200 with an error in its body."""
    value = answer.value
    if not isinstance(value, Mapping):
        return
    said = whole(value.get("statuscode"))
    status = said if said in _STATUSES else answer.status
    error = value.get("error")
    if isinstance(error, Mapping) and (error.get("code") or error.get("message")):
        status = status if not _succeeded(status) else HTTPStatus.BAD_REQUEST
    if status >= HTTPStatus.BAD_REQUEST:
        _refuse(method, replace(answer, status=status), now)


def _refuse(method: str, answer: _Answer, now: datetime | None) -> NoReturn:
    meaning = _meaning(answer)
    broke_down = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    may_be_done = meaning is NotUnderstoodError or (
        meaning is BackMarketUnavailableError and broke_down and not _at_edge(answer)
    )
    raise meaning(
        answer.sentence,
        status=answer.status,
        effect=effect_of(method) if may_be_done else Effect.NONE,
        their_code=answer.code,
        retry_after=_retry_after(answer.headers, now),
    )


def _meaning(answer: _Answer) -> type[BackMarketError]:
    """Choose the error by what the caller should do."""
    status, edge = answer.status, _EDGE_CODE.match(answer.words)
    if answer.code == _THROTTLED or (edge and edge[1] == _EDGE_RATE_LIMIT):
        return ThrottledError
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ThrottledError
    if _at_edge(answer):
        return BackMarketUnavailableError
    closed = not answer.is_page and _CLOSED.search(answer.words[:1000])
    if status == HTTPStatus.NOT_FOUND and closed:
        return BackMarketUnavailableError
    return _MEANINGS.get(status) or _meaning_of_range(status)


def _at_edge(answer: _Answer) -> bool:
    """Whether the request was rejected before it reached Back Market itself."""
    walled = answer.status == HTTPStatus.FORBIDDEN and (
        answer.is_page or bool(_EDGE_CODE.match(answer.words))
    )
    return walled or answer.code == _BOT_CHALLENGE


def _meaning_of_range(status: int) -> type[BackMarketError]:
    redirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if redirected or status in _TRY_AGAIN:
        return BackMarketUnavailableError
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return RequestRefusedError
    if HTTPStatus.INTERNAL_SERVER_ERROR <= status < 600:  # noqa: PLR2004 - end of 5xx
        return BackMarketUnavailableError
    return NotUnderstoodError


def _retry_after(headers: Mapping[str, str], now: datetime | None) -> timedelta | None:
    """Read seconds or an HTTP date; Back Market documents none, others may send it."""
    written = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", written):
        return min(timedelta(seconds=float(written)), LONGEST_PAUSE)
    until = _http_date(written)
    since = _http_date(headers.get("date", "")) or now
    if until is None or since is None:
        return None
    return min(max(until - since, timedelta(0)), LONGEST_PAUSE)


def _http_date(written: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
