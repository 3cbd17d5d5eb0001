"""How to open a plain connection for COPY; a value that parser processes can get."""

from dataclasses import dataclass, field
from typing import Any

import psycopg

KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""TCP keepalive: an unreachable host is detected in about 25 s."""
COPYING: dict[str, Any] = {
    "connect_timeout": 5,
    "application_name": "refeed-copy",
    "options": "-c timezone=UTC",
    **KEEPALIVE,
}


@dataclass(frozen=True, slots=True)
class CopyConnection:
    """A libpq URL, which contains the password."""

    url: str = field(repr=False)

    def connect(self) -> "psycopg.Connection[Any]":
        """A new connection; for threads, never on the event loop."""
        return psycopg.connect(self.url, **COPYING)
