"""Types of settings: how the text of an environment variable becomes a value."""

import json
import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

Port = Annotated[int, Field(ge=0, le=65535)]
"""0 lets the system choose a free port; the ready line names it."""
Network = IPv4Network | IPv6Network

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")
"""The value of the header `Origin`: scheme, host, port."""
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


_ADDRESS = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})")


def _address_only(value: str) -> str:
    found = _ADDRESS.fullmatch(value)
    if not found or not 0 < int(found[1]) < 65536:  # noqa: PLR2004 - a port
        raise ValueError(
            "accepted: 127.0.0.1:9464, [::1]:9464 or metrics.internal:9464"
        )
    return value


Address = Annotated[str, AfterValidator(_address_only)]
"""A host and a port to listen on."""


def _seconds(value: object) -> object:
    """Take a plain number in the environment for seconds."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Span = Annotated[
    timedelta,
    BeforeValidator(_seconds),
    Field(gt=timedelta(0), le=timedelta(days=3660)),
]
"""A duration: seconds, or ISO 8601 such as `PT2H`."""


Wait = Annotated[
    timedelta,
    BeforeValidator(_seconds),
    Field(ge=timedelta(0), le=timedelta(days=1)),
]
"""A duration that may be 0."""


def is_smtp_url(value: str) -> bool:
    """Whether it is an SMTP server: scheme, host, port, user and password only."""
    try:
        parts = urlsplit(value)
        known = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname)
        return known and parts.port != 0 and not (parts.path.strip("/") or parts.query)
    except ValueError:
        return False


def _json_list(value: object) -> object:
    """Read a JSON list; a lone value or a list with commas is none."""
    if not isinstance(value, str):
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, list):
        raise ValueError('not a JSON list such as ["a", "b"] or [1, 2]')  # noqa: TRY004 - pydantic reports a ValueError
    return read


def _origins_only(value: list[str]) -> list[str]:
    if value != ["*"] and not all(map(_ORIGIN.fullmatch, value)):
        raise ValueError(
            'accepted: ["https://shop.example"], with a port if it has one and no '
            'path; or ["*"] alone'
        )
    return value


def _hosts_and_networks_only(value: list[str]) -> list[str]:
    for allowed in value:
        if not _is_network(allowed) and not _HOST.fullmatch(allowed):
            raise ValueError('accepted: ["feeds.internal", "10.1.0.0/16", "::1"]')
    return value


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


_FromJson = BeforeValidator(_json_list)
Secrets = Annotated[list[SecretStr], _FromJson]
Ports = Annotated[list[Annotated[int, Field(ge=1, le=65535)]], _FromJson]
Origins = Annotated[list[str], AfterValidator(_origins_only), _FromJson]
Hosts = Annotated[list[str], AfterValidator(_hosts_and_networks_only), _FromJson]
