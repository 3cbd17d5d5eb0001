"""Counts the connections of a process, in total and per client."""

from collections import Counter

from app.http_server.limits import LOOPBACK, Admission, HttpLimits, admission


class Connections:
    """The open connections; one object per server, used on its event loop only."""

    def __init__(self, limits: HttpLimits) -> None:
        self._limits = limits
        self._of: Counter[str] = Counter()

    @property
    def open(self) -> int:
        return self._of.total()

    def enter(self, client: str) -> Admission:
        """Count a connection, also one that is not served, until `leave`."""
        of_client = 0 if client == LOOPBACK else self._of[client]
        decision = admission(self.open, of_client, self._limits)
        self._of[client] += 1
        return decision

    def leave(self, client: str) -> None:
        self._of[client] -= 1
        if not self._of[client]:
            del self._of[client]
