"""Prepares the sandbox, and reads its own records: what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from app.demo.api import Api, Json

TASK_STARTS_AFTER, TASK_ENDS_AFTER = timedelta(seconds=0.1), timedelta(seconds=0.3)


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """Counts of lines since the sandbox started."""

    lines: int
    applied: int
    changed_nothing: int

    def since(self, earlier: "LedgerCounts") -> "LedgerCounts":
        return LedgerCounts(
            self.lines - earlier.lines,
            self.applied - earlier.applied,
            self.changed_nothing - earlier.changed_nothing,
        )


@dataclass(frozen=True, slots=True)
class SandboxClient:
    """The control API of our own sandbox."""

    api: Api

    def lift_limits(self) -> None:
        """Lift the rate limits and end tasks at once instead of after minutes."""
        self.api.patch(
            "/_sandbox/options",
            {
                "limits_on": False,
                "task_starts_after": TASK_STARTS_AFTER.total_seconds(),
                "task_ends_after": TASK_ENDS_AFTER.total_seconds(),
            },
        )

    def ledger(self) -> LedgerCounts:
        found = self.api.get("/_sandbox/ledger/summary")
        return LedgerCounts(
            found["lines"], found["applied"], found["updates_that_changed_nothing"]
        )

    def listings(self, token: str) -> int:
        """Return the number of listings of this seller."""
        found = self.api.get(f"/_sandbox/accounts?token={quote(token)}")
        return sum(int(account["listings"]) for account in found["accounts"])

    def put_on_sale(self, token: str, listings: Sequence[Json]) -> None:
        """Open a seller account that has sold before."""
        self.api.post("/_sandbox/accounts", {"tokens": [token]})
        path = f"/_sandbox/accounts/{quote(token, safe='')}/listings"
        self.api.post(path, {"listings": listings})

    def lines(self, token: str) -> list[Json]:
        """Return the lines that arrived from this seller; at most a hundred."""
        found = self.api.get(f"/_sandbox/ledger?account={quote(token, safe='')}")
        lines: list[Json] = found["entries"]
        return lines
