"""Reads the sandbox's own records: what arrived, whatever our report says."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from app.demo.api import Api

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
