"""What decides the state of an offer, and how a state is explained: values only."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class OfferState(StrEnum):
    """Every offer is in exactly one of these states."""

    ONLINE = "online"
    SOLD_OUT = "sold_out"
    AWAITING_VALIDATION = "awaiting_validation"
    OFFLINE_PRICE_ABOVE_MAX = "offline_price_above_max"
    OFFLINE = "offline"
    WAITING = "waiting"
    STORE_INACTIVE = "store_inactive"
    DEFERRED = "deferred"
    HELD = "held"
    UNCONFIRMED = "unconfirmed"
    DRIFTED = "drifted"
    RETRYING = "retrying"
    IN_ERROR = "in_error"
    QUARANTINED = "quarantined"
    INVALID = "invalid"
    EXCLUDED = "excluded"
    UNCATEGORIZED = "uncategorized"
    WITHDRAWN = "withdrawn"
    ABSENT = "absent"
    UNMATCHED = "unmatched"


@dataclass(frozen=True, slots=True)
class Refused:
    """The last refusal of the offer by Back Market."""

    code: str | None
    message: str | None
    times: int = 1
    quarantined: bool = False
    retry_at: datetime | None = None
    """When a transient refusal is retried, if that time has not come."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A field whose value in the listing differs from the accepted value."""

    field: str
    ours: str | None
    theirs: str | None
    by_hand: bool
    not_sent: bool = False
    """Not sent again until the offer's own value changes."""


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """The facts that decide the state.

    `desired_state`: active, retained, absent or unmatched; `dirty`: desired and live
    state differ; `outcome` and `code`: of the last change.
    """

    desired_state: str = "active"
    listed: bool = True
    dirty: bool = False
    problems: tuple[str, ...] = ()
    """The problems of its catalog row, as messages."""
    uncategorized: bool = False
    excluded: bool = False
    drifted: Drifted | None = None
    refused: Refused | None = None
    outcome: str | None = None
    code: str | None = None
    store_active: bool = True
    live_quantity: int | None = 1
    live_price: Decimal | None = None
    max_price: Decimal | None = None
    publication_state: int | None = None
    other_markets: tuple[str, ...] = ()
    """Markets without a store in which its listing is online too."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The state of an offer, one sentence why, and what to do."""

    state: OfferState
    explanation: str
    hint: str
