"""Conditional requests: 304 while a version is current, 412 when it is not."""

from typing import Annotated, Protocol

from fastapi import Header, Response, status

from app.core.errors import FieldError, PreconditionFailedError

IfNoneMatch = Annotated[
    str | None,
    Header(description="the ETag of what you have; 304 when it is still current"),
]
IfMatch = Annotated[
    str | None, Header(description="the ETag that the change is based on")
]

REVALIDATE = "private, no-cache"
"""A browser may cache the response, but revalidates it each time."""


class Versioned(Protocol):
    """A row that counts its changes."""

    version: int


def etag(row: Versioned) -> str:
    """The strong tag of a row."""
    return f'"{row.version}"'


def tag(response: Response, row: Versioned) -> None:
    response.headers["ETag"] = etag(row)


def require_version(row: Versioned, if_match: str | None, name: str) -> None:
    """Raises PreconditionFailedError when `If-Match` does not name the current ETag.

    `name` is that of the resource in the message.
    """
    if if_match is None:
        return
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag(row)}:
        message = f"The {name} has changed since you read it."
        raise PreconditionFailedError(
            message,
            errors=[FieldError("if-match", "not_current", message, etag(row))],
            current=etag(row),
        )


def weak_etag(version: int, form: str = "") -> str:
    """A weak tag: the same content, not the same bytes; `form` separates formats."""
    return f'W/"{version}{form}"'


def holds(etag: str, if_none_match: str | None) -> bool:
    """Whether the caller already has this version (RFC 9110, weak comparison)."""
    if if_none_match is None:
        return False
    named = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return "*" in named or etag.removeprefix("W/") in named


def tagged(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": REVALIDATE, "Vary": "Accept, Authorization"}


def unless_changed(
    response: Response, etag: str, if_none_match: str | None, pause: str | None = None
) -> Response | None:
    """A 304 when the caller already has this version; else sets the headers.

    `pause` is the value of `Retry-After` in seconds.
    """
    headers = tagged(etag)
    if pause:
        headers["Retry-After"] = pause
    if holds(etag, if_none_match):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return None
