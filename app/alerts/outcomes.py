"""Decides what follows an attempt to send a message, and what an address is. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from app.jobs.retry import ALERT

DisabledReason = Literal["refused", "requested"]
PERMANENT = 500
"""SMTP replies from here on will not change (RFC 5321, 4.2.1)."""
MOST_PARTIAL = 6
"""Attempts at addresses that refuse for now, once others have accepted."""
LONGEST_ADDRESS, LONGEST_LOCAL = 254, 64
ACCEPTED_ADDRESS = "name@shop.example, ASCII only, without a display name"
ALL_REFUSED = "recipients_refused"
CHAT_FAILED = "chat_failed"
SOME_REFUSED = "recipient_refused"

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@{_LABEL}(?:\.{_LABEL})+")


def is_address(value: str) -> bool:
    """Whether it is an e-mail address that is safe in a header and an envelope."""
    local, _, _ = value.partition("@")
    fits = len(value) <= LONGEST_ADDRESS and len(local) <= LONGEST_LOCAL
    return fits and _ADDRESS.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Result:
    """An attempt: `refused` addresses by SMTP reply, or why none was asked."""

    refused: Mapping[str, int] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`done`: the message needs no other attempt. `remaining`: who still gets it."""

    done: bool
    remaining: tuple[str, ...] | None = None
    code: str | None = None


def next_step(
    asked: Sequence[str], result: Result, failures: int, *, partial: bool
) -> Step:
    """What follows. `partial`: addresses outside `asked` have accepted before."""
    if result.error:
        return Step(
            done=False, remaining=tuple(asked) if partial else None, code=result.error
        )
    if not result.refused:
        return Step(done=True)
    if len(result.refused) == len(asked) and not partial:
        return Step(done=False, remaining=None, code=ALL_REFUSED)
    later = tuple(a for a in asked if result.refused.get(a, PERMANENT) < PERMANENT)
    if later and failures + 1 < MOST_PARTIAL:
        return Step(done=False, remaining=later, code=SOME_REFUSED)
    return Step(done=True, code=SOME_REFUSED)


@dataclass(frozen=True, slots=True)
class Health:
    """How sending goes; `code`: that of the failures since `failing_since`."""

    failures: int = 0
    failing_since: datetime | None = None
    code: str | None = None
    paused_until: datetime | None = None
    disabled: bool = False


def health_after(
    before: Health, step: Step, now: datetime, patience: timedelta
) -> Health:
    """Disabled after `patience`, but only if recipients or the chat are what fails.

    The SMTP server is the operator's: its outage disables no channel of a merchant.
    """
    if step.done:
        return Health(code=step.code)
    repeated = before.code == step.code
    since = (before.failing_since if repeated else None) or now
    failures = before.failures + 1
    of_merchant = step.code in {ALL_REFUSED, CHAT_FAILED}
    disabled = of_merchant and now - since >= patience
    return Health(failures, since, step.code, now + ALERT.pause(failures), disabled)
