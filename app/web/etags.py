"""Conditional reads: weak ETags, and 304 while the version is current."""

from typing import Annotated

from fastapi import Header, Response, status

IfNoneMatch = Annotated[
    str | None,
    Header(description="the ETag of what you have; 304 when it is still current"),
]

REVALIDATE = "private, no-cache"
"""A browser may cache the response, but revalidates it each time."""


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
