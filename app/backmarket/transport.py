"""Sends requests to Back Market, with limits on time and response size."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy

import httpx

from app.backmarket.errors import BackMarketUnavailableError, Effect, NotUnderstoodError
from app.backmarket.markets import Environment, Platform
from app.backmarket.protocol import LARGEST_ANSWER, effect_of, read_answer
from app.core.tls import tls_context
from app.settings import Settings

TIMEOUT = httpx.Timeout(connect=10, read=60, write=60, pool=30)
"""Seconds; the read time-out applies to each chunk of a response."""
ANSWER_DEADLINE = 300.0
"""Seconds for a whole response, against one that arrives very slowly."""
LARGE_BODY = 256 * 1024
"""Bytes from which parsing leaves the event loop."""
NO_CONTACT = "no-contact@refeed.invalid"
"""For the sandbox: a store of the production environment needs a real address."""
IDLE_LIMIT = 2.0
"""Seconds after which an idle connection is not used again. Servers close theirs after
5 s: a request that meets the closing may or may not be processed."""
_LIMITS = httpx.Limits(
    max_connections=50, max_keepalive_connections=20, keepalive_expiry=IDLE_LIMIT
)

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
_BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
"""Errors of a connection that the server closed."""


def base_urls(settings: Settings) -> Mapping[tuple[Platform, Environment], str]:
    """List the addresses per platform and environment, without a final slash.

    The sandbox serves every platform; without `sandbox_url` it is left out.
    """
    urls = {
        (Platform.EU, Environment.PRODUCTION): settings.eu_url,
        (Platform.NA, Environment.PRODUCTION): settings.na_url,
        (Platform.AP, Environment.PRODUCTION): settings.ap_url,
        (Platform.EU, Environment.PREPROD): settings.eu_preprod_url,
        (Platform.NA, Environment.PREPROD): settings.na_preprod_url,
        (Platform.AP, Environment.PREPROD): settings.ap_preprod_url,
    }
    if settings.sandbox_url:
        sandbox = settings.sandbox_url
        urls |= {(platform, Environment.SANDBOX): sandbox for platform in Platform}
    return {place: str(url).rstrip("/") for place, url in urls.items()}


@asynccontextmanager
async def open_http(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Open the one HTTP client of a process; `transport` replaces the network in tests.

    Back Market API ("headers"): the User-Agent names the company and a contact.
    """
    agent = f"BM-{settings.company}-refeed;{settings.contact or NO_CONTACT}"
    async with httpx.AsyncClient(
        headers={"User-Agent": agent, "Accept": "application/json"},
        timeout=TIMEOUT,
        limits=_LIMITS,
        follow_redirects=False,
        trust_env=False,
        verify=tls_context(),
        transport=transport,
    ) as http:
        # Seller accounts share this client: a cookie must not be sent for another one.
        http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield http


@dataclass(slots=True)
class _Trace:
    """What httpcore reports of a request: whether it was sent, and on which line."""

    events: int = 0
    connected: bool = False
    sent: bool = False

    async def __call__(self, event: str, _: object) -> None:
        self.events += 1
        self.connected = self.connected or event.startswith("connection.connect_")
        self.sent = self.sent or event.endswith("send_request_headers.started")

    @property
    def never_sent(self) -> bool:
        """Whether no byte of the request was sent; other transports do not say."""
        return bool(self.events) and not self.sent

    @property
    def reused(self) -> bool:
        """Whether the request met a connection of an earlier one."""
        return self.sent and not self.connected


async def exchange(
    http: httpx.AsyncClient, request: httpx.Request, secrets: tuple[str, ...]
) -> object:
    """Send one request and return the parsed response.

    Raises BackMarketError. A network failure is a BackMarketUnavailableError; its
    effect is `none` if the request was never sent or only reads. A read that meets a
    connection which the server closes is sent once more, on another one.
    """
    status, headers, body = await _fetch(http, request)

    def read() -> object:
        return read_answer(
            request.method,
            status,
            headers,
            body,
            secrets=secrets,
            now=datetime.now(UTC),
        )

    return await asyncio.to_thread(read) if len(body) > LARGE_BODY else read()


async def _fetch(
    http: httpx.AsyncClient, request: httpx.Request, *, again: bool = True
) -> tuple[int, httpx.Headers, bytes]:
    request.extensions["trace"] = trace = _Trace()
    try:
        async with asyncio.timeout(ANSWER_DEADLINE):
            response = await http.send(request, stream=True)
            try:
                body = await _body(response)
            finally:
                await response.aclose()
    except httpx.DecodingError as error:
        raise NotUnderstoodError(
            "Back Market's answer cannot be decompressed.",
            effect=effect_of(request.method),
        ) from error
    except (httpx.RequestError, TimeoutError) as error:
        reads = effect_of(request.method) is Effect.NONE
        if again and reads and trace.reused and isinstance(error, _BROKEN):
            return await _fetch(http, request, again=False)
        raise _lost(request.method, error, trace) from error
    return response.status_code, response.headers, body


async def _body(response: httpx.Response) -> bytes:
    """Read the body, limited to the largest accepted response."""
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LARGEST_ANSWER:
                break
    except httpx.RequestError:
        # An error response is still an error when its body is incomplete.
        if response.status_code < HTTPStatus.BAD_REQUEST:
            raise
    return bytes(body)


def _lost(method: str, error: Exception, trace: _Trace) -> BackMarketUnavailableError:
    if isinstance(error, _NEVER_LEFT) or trace.never_sent:
        effect, what = Effect.NONE, "could not be reached"
    else:
        effect, what = effect_of(method), "did not answer to the end"
    return BackMarketUnavailableError(
        f"Back Market {what} ({type(error).__name__}).", effect=effect
    )
