"""Reads figures of PostgreSQL: a bounded statement each, at most every few seconds."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog
from prometheus_client.metrics_core import Metric
from sqlalchemy import text

from app.accounts.budget import HOUR
from app.core.columns import utc_now
from app.core.statements import load_statements
from app.database import AWAY, Database
from app.monitoring.families import FAMILIES, Rows, missing_of
from app.orders.due import ACCEPT_WITHIN, DUE_SQL
from app.orders.service_cases.limits import DAY
from app.settings import Settings

log = structlog.get_logger(__name__)

FRESH = 10.0
"""Seconds for which figures are used again: requests do not add to the load."""
LONGEST = "2s"
"""After this time PostgreSQL cancels a statement."""

STATEMENTS = load_statements(
    __package__,
    "figures.sql",
    {str(reason): condition for reason, condition in DUE_SQL.items()},
)


@dataclass(slots=True)
class Figures:
    """The figures of one process. A request waits for those another one reads."""

    database: Database
    settings: Settings
    clock: Callable[[], float] = time.monotonic
    longest: str = LONGEST
    _read_at: float = float("-inf")
    _families: list[Metric] = field(default_factory=list)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(self) -> list[Metric]:
        """Gauges; without those that PostgreSQL did not answer in time."""
        async with self._reading:
            if self.clock() - self._read_at >= FRESH:
                self._families = await self._read()
                self._read_at = self.clock()
            return self._families

    async def _read(self) -> list[Metric]:
        found = {name: await self._rows(name) for name in FAMILIES}
        missing = [name for name, rows in found.items() if rows is None]
        families: Iterable[Metric] = (
            family
            for name, rows in found.items()
            if rows is not None
            for family in FAMILIES[name](rows)
        )
        return [missing_of(len(missing)), *families]

    async def _rows(self, name: str) -> Rows | None:
        """The rows of a statement; None if PostgreSQL has no answer."""
        try:
            async with self.database.transaction() as tx:
                await tx.session.execute(
                    text("SELECT set_config('statement_timeout', :longest, true)"),
                    {"longest": self.longest},
                )
                found = await tx.session.execute(STATEMENTS[name], self._values(name))
                return [dict(row) for row in found.mappings()]
        except AWAY as error:
            log.warning("metrics.figure_missing", name=name, error=type(error).__name__)
            return None

    def _values(self, name: str) -> dict[str, object]:
        now = utc_now()
        values: dict[str, dict[str, object]] = {
            "lines": {"hour": HOUR, "lines_per_hour": self.settings.lines_per_hour},
            "service_cases": {"ahead": DAY.ahead},
            "orders": {"now": now, "accept_before": now - ACCEPT_WITHIN},
        }
        return values.get(name, {})
