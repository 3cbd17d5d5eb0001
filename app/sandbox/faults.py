"""Fault injection: decides which fault applies to which request, task or row."""

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from random import Random
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from starlette.responses import Response

from app.sandbox import envelopes
from app.sandbox.options import ErrorShape

Envelope = Literal["v1", "v2", "v3", "problem", "string", "html", "empty"]


class FaultKind(StrEnum):
    # Replace the response; the request has no effect.
    THROTTLED_JSON = "throttled_json"
    THROTTLED_HTML = "throttled_html"
    FORBIDDEN_HTML = "forbidden_html"
    BOT_CHALLENGE = "bot_challenge"
    BAD_GATEWAY = "bad_gateway"
    UNAVAILABLE = "unavailable"
    TOKEN_REFUSED = "token_refused"  # noqa: S105  (a kind of fault, not a secret)
    ANSWER = "answer"
    DROPPED_BEFORE = "dropped_before"
    # The request takes effect; the response is delayed, lost or replaced.
    SLOW_ANSWER = "slow_answer"
    LOST_ANSWER = "lost_answer"
    BAD_GATEWAY_AFTER = "bad_gateway_after"
    # The request takes effect; the answer is altered. `field` is a dotted path into
    # each object of the answer, such as `orderlines.price`; `*` is any key, and
    # `$.count` a field of the page itself.
    ALTERED_FIELD = "altered_field"
    # Orders in state 1 lack name, postal code and phone of the buyer.
    BUYER_HIDDEN = "buyer_hidden"
    # `next` and `previous` of a page are paths without a host.
    RELATIVE_LINKS = "relative_links"
    # Set on a task when its batch is accepted.
    STUCK_TASK = "stuck_task"
    SLOW_TASK = "slow_task"
    FAILED_TASK = "failed_task"
    ODD_STATUS = "odd_status"
    KEYED_BY_EAN = "keyed_by_ean"
    # Per line, for single and batch writes and orders; `count` counts lines.
    REJECTED_ROW = "rejected_row"
    IGNORED_ROW = "ignored_row"
    # An order move is accepted and shows after `seconds`, or after `reads` answers.
    LATE_EFFECT = "late_effect"
    # The same for a shipment, whose parcel shows at once; the order stays in 3.
    CARRIER_UNVERIFIED = "carrier_unverified"
    # A creation updates the listing of the SKU that `message` names.
    REUSED_SLOT = "reused_slot"
    # Between two pages of an order list.
    ORDER_MOVES = "order_moves"
    ORDER_LEAVES = "order_leaves"
    ORDER_ARRIVES = "order_arrives"


REPLACING = frozenset(
    {
        FaultKind.THROTTLED_JSON,
        FaultKind.THROTTLED_HTML,
        FaultKind.FORBIDDEN_HTML,
        FaultKind.BOT_CHALLENGE,
        FaultKind.BAD_GATEWAY,
        FaultKind.UNAVAILABLE,
        FaultKind.TOKEN_REFUSED,
        FaultKind.ANSWER,
        FaultKind.DROPPED_BEFORE,
    }
)
SLOW = frozenset({FaultKind.SLOW_ANSWER})
AFTER_HANDLING = frozenset({FaultKind.LOST_ANSWER, FaultKind.BAD_GATEWAY_AFTER})
ALTERING = frozenset(
    {FaultKind.ALTERED_FIELD, FaultKind.BUYER_HIDDEN, FaultKind.RELATIVE_LINKS}
)
BETWEEN_PAGES = frozenset(
    {FaultKind.ORDER_MOVES, FaultKind.ORDER_LEAVES, FaultKind.ORDER_ARRIVES}
)
CREATIONS = frozenset({FaultKind.REUSED_SLOT})
ROWS = frozenset({FaultKind.REJECTED_ROW, FaultKind.IGNORED_ROW})


class Fault(BaseModel):
    """A fault rule: the kind of fault, its filters and its frequency."""

    model_config = ConfigDict(extra="forbid")

    id: int = 0
    kind: FaultKind
    # Filters: globs; `*` and None match everything.
    method: str = "*"
    path: str = "*"
    account: str | None = None
    sku: str = "*"
    # Frequency: matches to skip, number of times to apply, probability.
    skip: int = Field(default=0, ge=0)
    count: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, ge=0, le=1)
    # Parameters; each kind uses some of them.
    seconds: float = Field(default=5.0, ge=0)
    reads: int | None = Field(default=None, ge=1)
    message: str | None = None
    shape: ErrorShape | None = None
    status: int | None = None
    envelope: Envelope | None = None
    applies: bool = False
    # The altered field gets `value`, or `raw` JSON text such as `NaN`, or is left out.
    field: str | None = None
    value: JsonValue = None
    raw: str | None = None
    missing: bool = False
    strikes: int = 0

    @model_validator(mode="after")
    def _altered_field_is_named(self) -> Self:
        if self.kind is FaultKind.ALTERED_FIELD and not self.field:
            raise ValueError("altered_field needs a field")
        return self


@dataclass(frozen=True, slots=True)
class FaultContext:
    """What fault rules are matched against; with the SKU None, any SKU matches."""

    method: str
    path: str
    account: str | None = None
    sku: str | None = ""


class ConnectionDroppedError(ConnectionResetError):
    """A fault closes the connection without a response."""


class Faults:
    def __init__(self, seed: int) -> None:
        self.rules: list[Fault] = []
        self.random = Random(seed)  # noqa: S311  (reproducible; not used for security)
        self.last_id = 0
        self._cleared = asyncio.Event()

    def add(self, fault: Fault) -> Fault:
        self.last_id += 1
        added = fault.model_copy(update={"id": self.last_id, "strikes": 0})
        self.rules.append(added)
        return added

    def remove(self, fault_id: int) -> bool:
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.id != fault_id]
        return len(self.rules) < before

    def clear(self) -> None:
        """Remove all rules; open slow responses are sent at once."""
        self.rules = []
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def delay(self, waiting: Awaitable[None]) -> None:
        """Wait as long as that, or until the faults are cleared."""
        waits = [asyncio.ensure_future(w) for w in (waiting, self._cleared.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    def any_of(self, kinds: Collection[FaultKind]) -> bool:
        return any(rule.kind in kinds for rule in self.rules)

    def take(self, kinds: Collection[FaultKind], context: FaultContext) -> Fault | None:
        """Return the first rule that applies, and count it."""
        for rule in self.rules:
            if rule.kind in kinds and matches(rule, context) and self.triggers(rule):
                return rule
        return None

    def matching(
        self, kinds: Collection[FaultKind], context: FaultContext
    ) -> list[Fault]:
        return [
            rule for rule in self.rules if rule.kind in kinds and matches(rule, context)
        ]

    def triggers(self, rule: Fault) -> bool:
        """Return whether a matching rule applies this time, and count it."""
        if rule.skip:
            rule.skip -= 1
            return False
        if rule.probability < 1 and self.random.random() >= rule.probability:
            return False
        rule.strikes += 1
        if rule.count is not None and rule.strikes >= rule.count:
            self.remove(rule.id)
        return True


def matches(rule: Fault, context: FaultContext) -> bool:
    return (
        fnmatchcase(context.method, rule.method.upper())
        and fnmatchcase(context.path, rule.path)
        and rule.account in (None, context.account)
        and (context.sku is None or matches_sku(rule, context.sku))
    )


def matches_sku(rule: Fault, sku: str) -> bool:
    return fnmatchcase(sku.casefold(), rule.sku.casefold())


# Kind -> default status, envelope, code and message.
ANSWERS = {
    FaultKind.THROTTLED_JSON: (429, "v1", envelopes.THROTTLED, "Too many requests"),
    FaultKind.THROTTLED_HTML: (429, "html", "", "Too Many Requests"),
    FaultKind.FORBIDDEN_HTML: (403, "html", "", "Sorry, you have been blocked"),
    FaultKind.BAD_GATEWAY: (502, "html", "", "Bad gateway"),
    FaultKind.BAD_GATEWAY_AFTER: (502, "html", "", "Bad gateway"),
    FaultKind.UNAVAILABLE: (503, "v1", "unavailable", "Service unavailable"),
    FaultKind.TOKEN_REFUSED: (401, "v1", "unauthorized", "Invalid token"),
    FaultKind.ANSWER: (500, "v1", "fault", "Something went wrong"),
}


def response_for(fault: Fault) -> Response:
    """Return the error response of a fault (Back Market, errors)."""
    if fault.kind in {FaultKind.DROPPED_BEFORE, FaultKind.LOST_ANSWER}:
        raise ConnectionDroppedError
    if fault.kind is FaultKind.BOT_CHALLENGE:
        return envelopes.bot_challenge()
    status, envelope, code, text = ANSWERS[fault.kind]
    make = envelopes.ENVELOPES[fault.envelope or envelope]
    return make(fault.status or status, code, fault.message or text)
