"""Interprets responses of merchants' servers and decides about retries. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from app.jobs.retry import CATALOG_PULL, Decision, GiveUp, TryAgain

OK, NOT_MODIFIED = 200, 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip"})
PAGES = frozenset({"text/html", "application/xhtml+xml"})


class PullError(Exception):
    """A pull failed: a code for programs, a message for people.

    `passes`: the failure is transient, so the pull is retried with backoff.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        passes: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.passes = passes
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of a response."""

    status: int
    headers: Mapping[str, str]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_head(head: Head, *, asked_if_changed: bool, limit: int) -> None:
    """Raise PullError unless the body is a catalog or the catalog is unchanged."""
    if head.status == NOT_MODIFIED and asked_if_changed:
        return
    if head.status != OK:
        raise refusal_of(head)
    encoding = head.headers.get("content-encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise PullError(
            "wrong_encoding",
            f"The response has the encoding `{encoding[:40]}`; gzip is accepted.",
        )
    size = head.headers.get("content-length", "")
    if size.isdigit() and int(size) > limit:
        raise too_large(limit)


_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|script|title|meta)\b",
    re.IGNORECASE | re.DOTALL,
)


def check_start(start: bytes) -> None:
    """Raise PullError if a body begins like a web page.

    The media type alone says little: many servers call a CSV file `text/html`.
    """
    if _PAGE.match(start):
        raise PullError(
            "wrong_type",
            "The response is a web page, maybe a login page, not a catalog.",
        )


def too_large(limit: int) -> PullError:
    return PullError("too_large", f"The catalog is larger than {limit:,} bytes.")


def refusal_of(head: Head) -> PullError:
    """The error for a status other than 200."""
    answered = f"The server responds with {head.status}"
    match head.status:
        case 401 | 403:
            return PullError(
                "unauthorized", f"{answered}: user name or password is not accepted."
            )
        case 404 | 410:
            return PullError("not_found", f"{answered}: the URL was not found.")
        case 408 | 425 | 429:
            return PullError(
                "throttled",
                f"{answered}: it asked us to retry later.",
                passes=True,
                retry_after=retry_after_of(head),
            )
        case status if status >= 500:  # noqa: PLR2004 - where server errors begin
            return PullError(
                "server_error",
                f"{answered}: it has an internal error.",
                passes=True,
                retry_after=retry_after_of(head),
            )
    return PullError("unexpected_status", f"{answered}: not a catalog.")


def retry_after_of(head: Head) -> timedelta | None:
    """`Retry-After` in seconds or as a date (RFC 9110, 10.2.3)."""
    given = head.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit() and len(given) < len("1000000"):
        return timedelta(seconds=int(given))
    try:
        at = parsedate_to_datetime(given)
    except (OverflowError, TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(at - datetime.now(UTC), timedelta(0))


def decide(failures: int, error: PullError, interval: timedelta) -> Decision:
    """Retry with backoff; a failure that stays is retried at the next scheduled time.

    The pause is at most the interval, even if the server's `Retry-After` is longer.
    """
    if not error.passes:
        return GiveUp(error.code, error.message)
    pause = min(CATALOG_PULL.pause(failures, error.retry_after), interval)
    return TryAgain(pause, error.code, error.message)
