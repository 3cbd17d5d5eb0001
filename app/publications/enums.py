"""The closed lists of words in a report: states, reasons, outcomes, lanes, methods."""

from enum import IntEnum, StrEnum


class PublicationState(StrEnum):
    """Where a publication stands. `reason_code` tells people why."""

    REQUESTED = "requested"
    PLANNING = "planning"
    SENDING = "sending"
    WAITING = "waiting"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """Who asked for the run."""

    API = "api"
    SCHEDULE = "schedule"
    CARRY_OVER = "carry_over"
    FOLLOW_UP = "follow_up"
    HOOK = "hook"
    QUICK_UPDATE = "quick_update"


class PublicationKind(StrEnum):
    """What a run is about."""

    OFFERS = "offers"
    PRODUCTS = "products"


class ChangeReason(StrEnum):
    """Why a change is in the plan."""

    NEW = "new"
    MODIFIED = "modified"
    DISAPPEARED = "disappeared"
    IN_ERROR = "in_error"


class Outcome(StrEnum):
    """What became of a change. `planned` only while the run is under way."""

    PLANNED = "planned"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    HELD = "held"
    DEFERRED = "deferred"
    SUPERSEDED = "superseded"
    UNCONFIRMED = "unconfirmed"


class Lane(IntEnum):
    """In what order lines are spent: what protects from overselling goes first."""

    STOCK_DOWN = 0
    PRICE = 1
    STOCK_UP = 2
    NEW = 3
    CONTENT = 4
    REPEAT = 5


class Method(StrEnum):
    """How a change travels: one call for one listing, or a file for many."""

    SINGLE = "single"
    BATCH = "batch"


PRODUCT_CODES = ("unknown_product", "product_incomplete", "product_refused")
"""Why an offer is in error that a publication of products can help."""


class SubmissionState(StrEnum):
    """Where a call stands. `sending` after a crash means: nobody knows."""

    PENDING = "pending"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    SETTLED = "settled"


class PlanState(StrEnum):
    """The state of a plan (preview)."""

    REQUESTED = "requested"
    READY = "ready"
    FAILED = "failed"
