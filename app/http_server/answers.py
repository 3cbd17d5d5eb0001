"""Problem details that are sent without the application (RFC 9457)."""

import json
from collections.abc import Iterable
from http import HTTPStatus

from app.core.errors import FieldError, ProblemError, UnavailableError, problem_body
from app.http_server.limits import HttpLimits

Header = tuple[bytes, bytes]


class MalformedRequestError(ProblemError):
    """What was received is not HTTP/1."""

    code = "malformed_request"


class HeaderTooLargeError(ProblemError):
    """The URL or the header is over a limit, or the trailer of a body is."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    code = "header_too_large"


class TooSlowError(ProblemError):
    """The header or the body took too long."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "request_timeout"


def malformed() -> ProblemError:
    return MalformedRequestError("This is no HTTP/1.1 request.")


def url_too_long(limits: HttpLimits) -> ProblemError:
    return _too_large("url", "The URL is too long.", f"{limits.url_bytes} bytes")


def header_too_large(limits: HttpLimits) -> ProblemError:
    return _too_large(
        "header", "The header is too large.", f"{limits.header_bytes} bytes"
    )


def too_many_fields(limits: HttpLimits) -> ProblemError:
    return _too_large(
        "header", "The header has too many fields.", f"{limits.header_count} fields"
    )


def _too_large(field: str, message: str, accepted: str) -> ProblemError:
    error = FieldError(field, HeaderTooLargeError.code, message, f"at most {accepted}")
    return HeaderTooLargeError(message, errors=[error])


def header_too_slow(limits: HttpLimits) -> ProblemError:
    return TooSlowError(
        f"The header was not complete within {limits.header_timeout:g} seconds."
    )


def body_too_slow(limits: HttpLimits) -> ProblemError:
    return TooSlowError(
        f"Less than {limits.body_min_rate} bytes a second of the body were received "
        f"for {limits.body_timeout:g} seconds."
    )


def too_many_connections() -> ProblemError:
    return UnavailableError(
        "Too many connections are open; retry later, and reuse connections.",
        code="too_many_connections",
        headers={"Retry-After": "5"},
    )


def too_many_pipelined() -> ProblemError:
    """Only for the log: an answer would be taken for the one to an earlier request."""
    return ProblemError(
        "Too many requests wait for earlier responses.", code="too_many_pipelined"
    )


def render(error: ProblemError, defaults: Iterable[Header]) -> bytes:
    """Return the whole response; `defaults` are headers of every response."""
    status = HTTPStatus(error.status)
    body = json.dumps(problem_body(error, instance=None, request_id=None)).encode()
    headers = [
        *((name, value) for name, value in defaults if name != b"connection"),
        *((name.encode(), value.encode()) for name, value in error.headers.items()),
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", body])
