"""What a plan is made for. Pure values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.accounts.shared_stock import LOWEST, SharedQuantity
from app.publications.planning.brake import Held
from app.stores.settings.brake import Brake
from app.stores.settings.margin import Margin

BATCH_LINES = 15_000
"""Lines in one batch (Back Market API, limits)."""
DETAIL_LIMIT = 20_000
"""Deferred changes listed one by one in a report; all of them are counted."""
EVERYTHING = 2**31 - 1
"""As many as there are."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What may not leave by itself; `doubted`: what the newest catalog's looks say."""

    brake: Brake | None = None
    margin: Margin = field(default_factory=Margin)
    doubted: Held = field(default_factory=Held)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made for: a store, its siblings and what may be spent."""

    publication_id: UUID
    store_id: UUID
    siblings: Sequence[UUID]
    """Other stores of the same seller account: the active ones share its stock."""
    lines: int
    """SKU lines that may be sent now; the rest is deferred."""
    single_max: int
    """Up to so many updates go one by one."""
    policy: SharedQuantity = LOWEST
    """Whose wish their shared stock follows."""
    reserve: int = 0
    """Of the lines, those that only lowered stock may use."""
    urgent: bool = False
    """Lowered stock alone, as far as no other run of the store sends it."""
    products: bool = False
    """Whether the store publishes products: unknown EANs are left to that run."""
    detail: int = DETAIL_LIMIT
    """Deferred changes that are listed."""
    guard: Guard = field(default_factory=Guard)
