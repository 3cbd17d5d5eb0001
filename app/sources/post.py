"""Posts to merchants' servers with SSRF protection; redirects are not followed."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import httpx

from app.sources.fetch import (
    ClientConfig,
    Outgoing,
    checked_addresses,
    first_response,
    too_slow,
)
from app.sources.guard import Address
from app.sources.outcomes import Head
from app.sources.target import Target, read_target

LIMITS = httpx.Limits(max_connections=20, keepalive_expiry=2)
"""Idle connections expire before a server closes them."""
TIMEOUT = httpx.Timeout(None, connect=5)
"""Seconds for each address; the caller limits the whole request."""
_MOST_READ = 1024
_EXCERPT = 200
_FOR_EXCERPT = 1.0
"""Seconds that the start of a refusal may take."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and headers of a response, and of a refusal the start of its body."""

    head: Head
    excerpt: str


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts to one URL; its host was resolved and checked once."""

    config: ClientConfig
    http: httpx.AsyncClient
    target: Target
    addresses: Sequence[Address]

    async def post(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Raises PullError if there is no response."""
        outgoing = Outgoing("POST", {"Accept-Encoding": "identity", **headers}, content)
        response = await first_response(
            self.config, self.http, self.target, self.addresses, outgoing
        )
        try:
            start = "" if response.is_success else await _start_of(response)
        finally:
            await response.aclose()
        return Reply(Head(response.status_code, response.headers), start)


@asynccontextmanager
async def open_poster(
    config: ClientConfig, url: str, within: timedelta
) -> AsyncIterator[Poster]:
    """`within`: how long the look-up of the host may take.

    Raises PullError for a URL that is refused, or a host without an address.
    """
    target = read_target(url, config.rules)
    try:
        async with asyncio.timeout(within.total_seconds()):
            addresses = await checked_addresses(config, target)
    except TimeoutError as error:
        raise too_slow() from error
    async with httpx.AsyncClient(
        timeout=TIMEOUT,
        trust_env=False,
        follow_redirects=False,
        verify=config.tls,
        limits=LIMITS,
    ) as http:
        yield Poster(config, http, target, addresses)


async def _start_of(response: httpx.Response) -> str:
    """Printable text from the first bytes; the rest is not read."""
    start = b""
    with suppress(httpx.RequestError, TimeoutError):  # the status is what counts
        async with asyncio.timeout(_FOR_EXCERPT):
            async for chunk in response.aiter_raw():
                start += chunk
                if len(start) >= _MOST_READ:
                    break
    text = start[:_MOST_READ].decode("utf-8", "replace")
    return "".join(c for c in text if c.isprintable())[:_EXCERPT]
