"""The limits of the HTTP server, and the decisions that follow from them."""

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Self

from app.settings import Settings

MAX_PIPELINED = 10
"""Requests that wait on a connection for the response to an earlier one."""
REQUEST_LINE_REST = 256
"""Bytes of a request line without the URL."""
LINGER = 2.0
"""Seconds in which a refused client can read the answer: until then, what it still
sends is discarded. To close at once would reset the connection and lose the answer."""
SPARE = 100
"""Further connections that get a 503; those beyond are closed without an answer."""
SPARE_PER_CLIENT = 20
LOOPBACK = "loopback"
"""All clients of this machine: usually a proxy, which has the connections of many."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Sizes in bytes, times in seconds, rates in bytes a second."""

    url_bytes: int
    header_bytes: int
    header_count: int
    header_timeout: float
    body_timeout: float
    body_min_rate: int
    send_timeout: float
    connections: int
    client_connections: int

    @property
    def unparsed_bytes(self) -> int:
        """Bytes in which the parser must complete a header, or find some of a body."""
        return self.url_bytes + self.header_bytes + REQUEST_LINE_REST

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            url_bytes=settings.max_url_bytes,
            header_bytes=settings.max_header_bytes,
            header_count=settings.max_header_count,
            header_timeout=settings.header_timeout.total_seconds(),
            body_timeout=settings.body_timeout.total_seconds(),
            body_min_rate=settings.body_min_rate,
            send_timeout=settings.send_timeout.total_seconds(),
            connections=settings.max_connections,
            client_connections=settings.max_client_connections,
        )


class Admission(Enum):
    """The outcome of a new connection."""

    SERVE = "serve"
    ANSWER_503 = "answer 503"
    CLOSE = "close"


def admission(total: int, of_client: int, limits: HttpLimits) -> Admission:
    """Decide about a connection; both counts are without it."""
    over = total - limits.connections
    over_client = of_client - limits.client_connections
    if over >= SPARE or over_client >= SPARE_PER_CLIENT:
        return Admission.CLOSE
    if over >= 0 or over_client >= 0:
        return Admission.ANSWER_503
    return Admission.SERVE


def too_slow(received: int, limits: HttpLimits) -> bool:
    """Decide about a body of which so many bytes came within `body_timeout`.

    A body that is shorter than the rate asks for is complete, and not asked about.
    """
    return received < limits.body_min_rate * limits.body_timeout


def client_of(host: str) -> str:
    """Return what one caller has: an IPv4 address, a /64 of IPv6, or LOOPBACK."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if address.is_loopback:
        return LOOPBACK
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
