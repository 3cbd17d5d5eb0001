"""Limits the requests of each API key, and refused keys of each client address.

The headers follow draft-ietf-httpapi-ratelimit-headers.
"""

import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.errors import TooManyError
from app.settings import Settings
from app.web.exception_handlers import render

WINDOW = 60
"""Seconds. Windows begin at full minutes."""
MAX_ACCEPTED = 10_000
"""Keys that a process remembers as accepted."""
HOOK = re.compile(r"/v1/hooks/stores/([^/]{1,64})/")


class Counts(Protocol):
    """Counts events by name and window."""

    async def add(self, name: str, window: int, seconds: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a quota is used in this window."""

    policy: str
    quota: int
    used: int
    reset: int
    """Seconds until the window ends."""

    @property
    def allowed(self) -> bool:
        return self.used <= self.quota

    def headers(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`."""
        left = max(self.quota - self.used, 0)
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={left};t={self.reset}',
        }


def window_at(now: float) -> tuple[int, int]:
    """The number of the window, and the seconds until its end. Pure."""
    number, passed = divmod(int(now), WINDOW)
    return number, WINDOW - passed


def bearer_of(headers: Headers) -> str | None:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" and value.strip() else None


def network_of(host: str) -> str:
    """The address; of IPv6 its /64, which is one client. Pure."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> 64 << 64))
    return host


def is_limited(path: str) -> bool:
    """Probes, metrics and the documentation are not."""
    return path.startswith("/v1/")


@dataclass(slots=True)
class RefusedKeys:
    """Refused keys by client address, and the keys that were accepted."""

    clock: Callable[[], float] = time.time
    window: int = -1
    refused: dict[str, int] = field(default_factory=dict)
    accepted: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def usage(self, address: str, quota: int) -> Usage:
        number, reset = window_at(self.clock())
        if number != self.window:
            self.window = number
            self.refused.clear()
        used = self.refused.get(address, 0) + 1
        return Usage("refused-keys", quota, used, reset)

    def record(self, address: str, key: str | None, status: int) -> None:
        """Count a refused key; remember an accepted one."""
        if status == HTTPStatus.UNAUTHORIZED:
            self.refused[address] = self.refused.get(address, 0) + 1
            self.accepted.pop(key or "", None)
        elif key and status < HTTPStatus.BAD_REQUEST:
            self.accepted[key] = None
            self.accepted.move_to_end(key)
            if len(self.accepted) > MAX_ACCEPTED:
                self.accepted.popitem(last=False)


class RateLimits:
    """Pure ASGI middleware; counts before the key is looked up."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_limited(scope["path"]):
            await self.app(scope, receive, send)
            return
        settings: Settings = scope["state"]["settings"]
        keys: RefusedKeys = scope["state"]["refused_keys"]
        bearer = bearer_of(Headers(scope=scope))
        key = hashlib.sha256(bearer.encode()).hexdigest()[:32] if bearer else None
        address = network_of((scope.get("client") or ("?",))[0])
        if key not in keys.accepted:
            refused = keys.usage(address, settings.failed_logins_per_minute)
            if not refused.allowed:
                await _refuse(scope, receive, send, refused)
                return
        usage = await _used(scope, settings, bearer, key, address)
        if usage and not usage.allowed:
            await _refuse(scope, receive, send, usage)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                keys.record(address, key, message["status"])
                if usage:
                    MutableHeaders(scope=message).update(usage.headers())
            await send(message)

        await self.app(scope, receive, answer)


async def _used(
    scope: Scope,
    settings: Settings,
    bearer: str | None,
    key: str | None,
    address: str,
) -> Usage | None:
    """Count this request. None: the caller has no limit."""
    quota = settings.requests_per_minute
    hook = HOOK.match(scope["path"])
    if hook:  # signed, without a key: of each sender
        key = f"{hook[1]}:{address}"
    if not quota or key is None or (bearer and _is_admin(settings, bearer)):
        return None
    number, reset = window_at(time.time())
    counts: Counts = scope["state"]["counters"]
    used = await counts.add(key, number, 2 * WINDOW)
    return Usage("store" if hook else "key", quota, used, reset)


def _is_admin(settings: Settings, bearer: str) -> bool:
    admin = settings.admin_key
    return admin is not None and hmac.compare_digest(
        bearer.encode(), admin.get_secret_value().encode()
    )


async def _refuse(scope: Scope, receive: Receive, send: Send, usage: Usage) -> None:
    error = TooManyError(
        f"More than {usage.quota} requests in {WINDOW} seconds; retry in "
        f"{usage.reset} seconds.",
        code="rate_limited",
        headers={"Retry-After": str(usage.reset), **usage.headers()},
    )
    await render(Request(scope), error)(scope, receive, send)
