"""Cases of the after-sales service: their fields, and a store by seller."""

from dataclasses import dataclass, field
from typing import Any

OPEN, CLOSED = 0, 9
"""States of a case (Back Market, after-sales)."""
FIRST_CASE = 5_000_001


@dataclass(slots=True)
class ServiceCase:
    """A folder about one order line; `issues` are what the buyer reports."""

    id: int
    account_id: str
    order_id: int
    orderline: int
    country_code: str
    date_creation: float
    date_modification: float
    state: int = OPEN
    issues: list[dict[str, str]] = field(default_factory=list)
    resolution_choice: str | None = None
    date_last_message: float | None = None
    date_closed: float | None = None
    client: str = "Ada Exemple"
    overrides: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ServiceCases:
    by_id: dict[int, ServiceCase] = field(default_factory=dict)
    last_case: int = FIRST_CASE - 1

    def next_case(self) -> int:
        self.last_case += 1
        return self.last_case

    def add(self, case: ServiceCase) -> ServiceCase:
        self.by_id[case.id] = case
        self.last_case = max(self.last_case, case.id)
        return case

    def of(self, account_id: str) -> list[ServiceCase]:
        """The cases of a seller, in the order of their ids."""
        mine = [one for one in self.by_id.values() if one.account_id == account_id]
        return sorted(mine, key=lambda one: one.id)
