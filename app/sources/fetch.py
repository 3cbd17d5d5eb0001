"""HTTP client for merchants' servers with SSRF protection.

Each hop resolves the host once, checks every address and connects to a checked one, so
that DNS rebinding has no effect. TLS certificates are verified for the host name.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from app.core.tls import tls_context
from app.sources.guard import Address, Rules, addresses_of
from app.sources.outcomes import REDIRECTS, Head, PullError
from app.sources.target import Target, check_address, read_target

TIMEOUT = httpx.Timeout(connect=10, read=30, write=30, pool=10)
"""Seconds; the read timeout applies to each chunk of a response."""
MAX_HOPS = 5
MAX_ADDRESSES = 4
"""Maximum number of addresses of one host to try."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def look_up(host: str, port: int) -> Sequence[str]:
    """Resolve all addresses of a host. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Client configuration: allowed targets, resolver and TLS."""

    rules: Rules
    agent: str
    resolve: Resolve = look_up
    tls: ssl.SSLContext = field(default_factory=tls_context)


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One request. Credentials are sent only to the origin of `url`."""

    url: str
    auth: httpx.BasicAuth | None = None
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """The response after redirects: its URL, status and headers, and raw body."""

    target: Target
    head: Head
    body: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to one address of a target."""

    method: str
    headers: Mapping[str, str]
    content: bytes | None = None
    auth: httpx.BasicAuth | None = None


@asynccontextmanager
async def fetch(
    config: ClientConfig, request: FetchRequest
) -> AsyncIterator[FetchResponse]:
    """Send the request and follow redirects.

    Raises PullError, also while the body is read.
    """
    first = target = read_target(request.url, config.rules)
    for _ in range(MAX_HOPS + 1):
        auth = request.auth if target.origin == first.origin else None
        async with _open_response(config, target, auth, request.conditions) as response:
            location = response.headers.get("location", "")
            if response.status_code not in REDIRECTS or not location:
                head = Head(response.status_code, response.headers)
                yield FetchResponse(target, head, _chunks(response))
                return
            target = read_target(location, config.rules, base=target)
    raise PullError(
        "too_many_redirects", f"The URL redirects more than {MAX_HOPS} times."
    )


@asynccontextmanager
async def _open_response(
    config: ClientConfig,
    target: Target,
    auth: httpx.BasicAuth | None,
    conditions: tuple[tuple[str, str], ...],
) -> AsyncIterator[httpx.Response]:
    addresses = await checked_addresses(config, target)
    headers = {"Accept": "*/*", "Accept-Encoding": "gzip", **dict(conditions)}
    async with httpx.AsyncClient(
        timeout=TIMEOUT, trust_env=False, follow_redirects=False, verify=config.tls
    ) as http:
        outgoing = Outgoing("GET", headers, auth=auth)
        response = await first_response(config, http, target, addresses, outgoing)
        try:
            yield response
        finally:
            await response.aclose()


async def checked_addresses(config: ClientConfig, target: Target) -> list[Address]:
    """Addresses to try. Raises PullError: `host_unknown`, `address_refused`."""
    if target.literal:
        found = [target.literal]
    else:
        try:
            found = addresses_of(await config.resolve(target.host, target.port))
        except (OSError, UnicodeError, ValueError) as error:
            raise PullError(
                "host_unknown", "The host of the URL cannot be resolved.", passes=True
            ) from error
    if not config.rules.knows(target.host):
        for address in found:
            check_address(address, config.rules)
    return found[:MAX_ADDRESSES]


async def first_response(
    config: ClientConfig,
    http: httpx.AsyncClient,
    target: Target,
    addresses: Sequence[Address],
    outgoing: Outgoing,
) -> httpx.Response:
    """The response of the first address that can be reached. Raises PullError."""
    headers = {
        "Host": target.url.netloc.decode("ascii"),
        "User-Agent": config.agent,
        **outgoing.headers,
    }
    failure = PullError("host_unknown", "The host has no address.", passes=True)
    for address in addresses:
        request = http.build_request(
            outgoing.method,
            target.at(address),
            headers=headers,
            content=outgoing.content,
            extensions={"sni_hostname": target.host},
        )
        try:
            return await http.send(request, auth=outgoing.auth, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = _lost(error)
        except httpx.RequestError as error:
            raise _lost(error) from error
    raise failure


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The raw body; compressed content is not decoded."""
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except httpx.RequestError as error:
        raise _lost(error) from error


def _lost(error: httpx.RequestError) -> PullError:
    if isinstance(error, httpx.ConnectError) and _is_about_tls(error):
        return PullError(
            "tls_failed", "The server's certificate is not valid for this host."
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return PullError("unreachable", "The server does not respond.", passes=True)
    if isinstance(error, httpx.TimeoutException):
        return too_slow()
    return PullError("cut_off", "The response ended early.", passes=True)


def too_slow() -> PullError:
    return PullError("too_slow", "The server responds too slowly.", passes=True)


def _is_about_tls(error: BaseException | None) -> bool:
    while error:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
