"""Closed enums of publications: states, reasons, outcomes, lanes, methods."""

from enum import IntEnum, StrEnum


class PublicationState(StrEnum):
    """The state of a publication; its `reason_code` says why."""

    REQUESTED = "requested"
    PLANNING = "planning"
    SENDING = "sending"
    WAITING = "waiting"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """What requested the run."""

    API = "api"
    SCHEDULE = "schedule"
    CARRY_OVER = "carry_over"
    FOLLOW_UP = "follow_up"
    HOOK = "hook"
    QUICK_UPDATE = "quick_update"
    DEPARTURE = "departure"
    """The store leaves its country: its listings go to 0."""


class PublicationKind(StrEnum):
    """What a run publishes."""

    OFFERS = "offers"
    PRODUCTS = "products"


class ChangeReason(StrEnum):
    """Why a change is in the plan."""

    NEW = "new"
    MODIFIED = "modified"
    DISAPPEARED = "disappeared"
    IN_ERROR = "in_error"


class Outcome(StrEnum):
    """The outcome of a change; `planned` only while the run is active."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    HELD = "held"
    DEFERRED = "deferred"
    SUPERSEDED = "superseded"
    UNCONFIRMED = "unconfirmed"


class Lane(IntEnum):
    """The order of sending: changes that prevent overselling go first."""

    STOCK_DOWN = 0
    PRICE = 1
    STOCK_UP = 2
    NEW = 3
    CONTENT = 4
    REPEAT = 5


class Method(StrEnum):
    """How a change is sent: one request for one listing, or a file for many."""

    SINGLE = "single"
    BATCH = "batch"


PRODUCT_CODES = ("unknown_product", "product_incomplete", "product_refused")
"""Error codes of offers that a publication of products can resolve."""


class SubmissionState(StrEnum):
    """The state of a submission; `sending` after a crash means: unknown."""

    PENDING = "pending"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    SETTLED = "settled"


OTHER_MARKET_CODES = {
    "undecided": "live_in_other_market",
    "protect": "other_market_protected",
}
"""Why the quantity of a listing in other markets is held, by the account's decision."""

READ_BACK = "read_back"
"""Reason code of a submission of an ended run, once the listings were read: what does
not show there may be planned again."""


class PlanState(StrEnum):
    """The state of a plan (preview)."""

    REQUESTED = "requested"
    READY = "ready"
    FAILED = "failed"
