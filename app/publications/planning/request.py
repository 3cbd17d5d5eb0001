"""The request for a plan. Pure values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.accounts.shared_stock import LOWEST, SharedQuantity
from app.offers.price_floor import Margin
from app.publications.planning.brake import HeldGroups
from app.stores.settings.brake import Brake

BATCH_LINES = 15_000
"""Lines in one batch (Back Market API, limits)."""
DETAIL_LIMIT = 20_000
"""Deferred changes listed one by one in a report; all of them are counted."""
EVERYTHING = 2**31 - 1
"""No limit."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The thresholds that hold changes, and what the catalog check already holds."""

    brake: Brake | None = None
    margin: Margin = field(default_factory=Margin)
    held_by_catalog: HeldGroups = field(default_factory=HeldGroups)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """For which store a plan is made, with which limits."""

    publication_id: UUID
    store_id: UUID
    account_id: UUID
    siblings: Sequence[UUID]
    """Other stores of the same seller account: the active ones share its stock."""
    lines: int
    """SKU lines that may be sent now; the rest is deferred."""
    single_max: int
    """Up to this number, updates are sent one by one."""
    policy: SharedQuantity = LOWEST
    """Which store's quantity the shared stock follows."""
    reserve: int = 0
    """Of `lines`, those reserved for lowered stock."""
    priority: bool = False
    """Only lowered stock."""
    leaving: bool = False
    """The store leaves its country: what no sibling sells goes to 0."""
    products: bool = False
    """Whether the store publishes products: unknown EANs are left to that run."""
    detail: int = DETAIL_LIMIT
    """Deferred changes that are listed."""
    guard: Guard = field(default_factory=Guard)
