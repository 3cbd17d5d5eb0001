"""Headers of every page, and the check that a POST comes from a page of ours."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

from app.console.core.errors import ForeignFormError

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{k} {v}" for k, v in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def protect(headers: MutableHeaders) -> None:
    """Add what every response of the console has."""
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")


def require_same_origin(headers: Mapping[str, str]) -> None:
    """Raise ForeignFormError unless a page of this host sent the request. Pure.

    Browsers send `Origin` with every POST. Its host is compared with `Host`; its scheme
    is not, because a proxy may have ended TLS.
    """
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ForeignFormError
    origin = headers.get("origin")
    if origin is None or urlsplit(origin).netloc != headers.get("host"):
        raise ForeignFormError


def is_tls(scheme: str, headers: Mapping[str, str]) -> bool:
    """Whether the person's browser uses https, also through a proxy. Pure."""
    return "https" in {scheme, urlsplit(headers.get("origin", "")).scheme}
