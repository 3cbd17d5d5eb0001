"""What an answer of the merchant's server means, and when it is asked again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from app.jobs.retry import CATALOG_PULL

OK, NOT_MODIFIED = 200, 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip"})
PAGES = frozenset({"text/html", "application/xhtml+xml"})


class PullError(Exception):
    """The catalog could not be had: a code for programs, a sentence for people.

    `passes`: it may be different in a while, so that it is tried again soon.
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
    """The first lines of an answer."""

    status: int
    headers: Mapping[str, str]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def check_head(head: Head, *, asked_if_changed: bool, limit: int) -> None:
    """Raise PullError unless a catalog follows, or it has not changed."""
    if head.status == NOT_MODIFIED and asked_if_changed:
        return
    if head.status != OK:
        raise refusal_of(head)
    encoding = head.headers.get("content-encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise PullError(
            "wrong_encoding",
            f"The server packs its answer as `{encoding[:40]}`; gzip is accepted.",
        )
    if head.media_type in PAGES:
        raise PullError(
            "wrong_type",
            "The server answers with a web page, a login perhaps, not with a catalog.",
        )
    size = head.headers.get("content-length", "")
    if size.isdigit() and int(size) > limit:
        raise too_large(limit)


def too_large(limit: int) -> PullError:
    return PullError("too_large", f"The catalog is larger than {limit:,} bytes.")


def refusal_of(head: Head) -> PullError:
    """What a status other than 200 says."""
    answered = f"The server answers with {head.status}"
    match head.status:
        case 401 | 403:
            return PullError(
                "unauthorized", f"{answered}: it wants another user name or password."
            )
        case 404 | 410:
            return PullError("not_found", f"{answered}: there is nothing at this URL.")
        case 408 | 425 | 429:
            return PullError(
                "throttled",
                f"{answered}: it wants to be asked later.",
                passes=True,
                retry_after=_retry_after(head),
            )
        case status if status >= 500:  # noqa: PLR2004 - where server errors begin
            return PullError(
                "server_error",
                f"{answered}: it has trouble of its own.",
                passes=True,
                retry_after=_retry_after(head),
            )
    return PullError("unexpected_status", f"{answered}, which is no catalog.")


def _retry_after(head: Head) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3)."""
    given = head.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit() and len(given) < len("1000000"):
        return timedelta(seconds=int(given))
    try:
        at = parsedate_to_datetime(given)
    except (TypeError, ValueError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(at - datetime.now(UTC), timedelta(0))


def pause_after(
    failures: int, error: PullError, interval: timedelta
) -> timedelta | None:
    """How long after the n-th failure in a row to try again; None: when it is due.

    Never later than the interval: what the server asks for counts up to that.
    """
    if not error.passes:
        return None
    return min(CATALOG_PULL.pause(failures, error.retry_after), interval)
