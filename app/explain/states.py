"""Decides how an offer stands, why, and what to do about it. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial

from app.publications.causes import ErrorClass, class_of, hint_for, said
from app.publications.messages import sentence_for


class OfferState(StrEnum):
    """The closed list: every offer is in one of these."""

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
    NOT_WANTED = "not_wanted"


@dataclass(frozen=True, slots=True)
class Refused:
    """What Back Market said when it last refused the offer."""

    code: str | None
    message: str | None
    times: int = 1
    quarantined: bool = False
    resting_until: datetime | None = None
    """Transient and not due yet: when it is sent again."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A field of which the listing shows something else than what was accepted."""

    field: str
    ours: str | None
    theirs: str | None
    by_hand: bool
    left: bool = False
    """Nothing is sent until the offer's own value changes."""


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """All that the judgement rests on.

    `desired_state` is that of the offer: wanted, kept or gone; `dirty`: it differs from
    what Back Market accepted; `outcome` and `code` are those of its last change.
    """

    desired_state: str = "active"
    listed: bool = True
    dirty: bool = False
    problems: tuple[str, ...] = ()
    """What is wrong with its row, in words."""
    uncategorized: bool = False
    excluded: bool = False
    drifted: Drifted | None = None
    refused: Refused | None = None
    outcome: str | None = None
    code: str | None = None
    store_active: bool = True
    accepted_quantity: int | None = 1
    accepted_price: Decimal | None = None
    max_price: Decimal | None = None
    publication_state: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an offer stands, one sentence why, and what to do."""

    state: OfferState
    explanation: str
    hint: str


NOTHING_TO_DO = "Nothing to do."
_WAIT = "Nothing to do: the next run sends it. POST /v1/stores/{id}/publications "
_WAIT += "starts one now."
_OFFLINE_WHY = {
    0: "Back Market says that the listing lacks a price or a comment for this country.",
    3: "Back Market took it, but its listing is offline.",
    4: "Back Market has deactivated or archived the listing.",
}


def judge(facts: OfferFacts) -> Judgement:
    """The first rule that fits; the last one always does."""
    return next(found for rule in _RULES if (found := rule(facts)))


Rule = Callable[[OfferFacts], Judgement | None]


def _not_sold(facts: OfferFacts) -> Judgement | None:
    if not facts.uncategorized or facts.desired_state == "active":
        return None
    return Judgement(
        OfferState.UNCATEGORIZED,
        "Its category in the catalog is empty or not mapped to one of Back Market's, "
        "so it is not sold.",
        "Map the category: PUT /v1/stores/{id}/categories.",
    )


def _excluded(facts: OfferFacts) -> Judgement | None:
    if not facts.excluded or facts.desired_state == "active":
        return None
    return Judgement(
        OfferState.EXCLUDED,
        "A filter of the mapping leaves its row out, so it is not sold.",
        "Change the filter: PUT /v1/stores/{id}/mapping.",
    )


def _invalid(facts: OfferFacts) -> Judgement | None:
    if facts.desired_state == "active" or not facts.problems:
        return None
    then = (
        "what is online stays, only a lower quantity goes out"
        if facts.desired_state == "retained" and facts.listed
        else "it is not sold"
    )
    return Judgement(
        OfferState.INVALID,
        f"Its row in the catalog is not valid ({'; '.join(facts.problems)}): {then}.",
        "Correct the row and upload it again; GET /v1/catalogs/{id}/rejected.csv has "
        "the rows to correct.",
    )


def _refused(facts: OfferFacts) -> Judgement | None:
    refused = facts.refused
    if refused is None or (facts.outcome, facts.code) == ("held", "awaiting_product"):
        return None
    words = said(refused.code, refused.message)
    kind = class_of(refused.code, refused.message)
    if refused.quarantined:
        return Judgement(
            OfferState.QUARANTINED,
            f"Back Market refused the same data {_often(refused.times)}, so it is not "
            f"sent any more: {words}",
            f"{hint_for(refused.code, kind)} Or send it once more as it is: POST "
            "/v1/stores/{id}/quarantine/release.",
        )
    if kind is ErrorClass.TRANSIENT and refused.resting_until:
        return Judgement(
            OfferState.RETRYING,
            f"Back Market could not take it: {words} It is sent again after "
            f"{refused.resting_until:%Y-%m-%d %H:%M} UTC.",
            hint_for(refused.code, kind),
        )
    return Judgement(
        OfferState.IN_ERROR,
        f"Back Market refused it: {words}",
        hint_for(refused.code, kind),
    )


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _held(facts: OfferFacts) -> Judgement | None:
    if not facts.dirty or facts.outcome != "held":
        return None
    code = facts.code or "held"
    kind = class_of(code)
    return Judgement(
        OfferState.HELD, f"It was held back: {sentence_for(code)}", hint_for(code, kind)
    )


def _inactive(facts: OfferFacts) -> Judgement | None:
    if not facts.dirty or facts.store_active:
        return None
    return Judgement(
        OfferState.STORE_INACTIVE,
        "It differs from what Back Market has, but the store is switched off.",
        "Activate the store: PUT /v1/stores/{id}/activation.",
    )


def _last_run(facts: OfferFacts, outcome: str, state: OfferState) -> Judgement | None:
    if not facts.dirty or facts.outcome != outcome:
        return None
    words = sentence_for(facts.code or outcome)
    return Judgement(state, words, "Nothing to do: a later run goes on by itself.")


def _drifted(facts: OfferFacts) -> Judgement | None:
    drifted = facts.drifted
    if drifted is None:
        return None
    shown = "Back Market does not show its listing any more"
    if drifted.field != "listing":
        shown = (
            f"Back Market shows {drifted.field} {drifted.theirs}, not {drifted.ours}"
        )
    then = (
        "Nothing to do: the next run sends ours again."
        if facts.dirty
        else "Change the offer's own value, or set `drift` to `overwrite`: PUT "
        "/v1/stores/{id}/settings."
    )
    if drifted.by_hand:
        why = f"{shown}: somebody changed it there."
        return Judgement(OfferState.DRIFTED, why, then)
    why = f"{shown}, although it accepted that."
    if drifted.left:
        then = (
            "It was sent again and still not shown. Nothing is sent until the value "
            "changes: ask Back Market whether it takes this field from you."
        )
    return Judgement(OfferState.UNCONFIRMED, why, then)


def _waiting(facts: OfferFacts) -> Judgement | None:
    if not facts.dirty:
        return None
    if not facts.listed:
        why = "It is new and was not sent yet."
    elif facts.desired_state == "absent":
        why = "It is no longer in the catalog and waits to be taken offline."
    else:
        why = "It is online as it was; its changes were not sent yet."
    return Judgement(OfferState.WAITING, why, _WAIT)


def _gone(facts: OfferFacts) -> Judgement | None:
    if facts.desired_state != "absent":
        return None
    hint = "To sell it again, put it back into the catalog."
    if facts.listed:
        return Judgement(
            OfferState.WITHDRAWN,
            "The catalog does not name it any more; its quantity was set to 0.",
            hint,
        )
    why = "The catalog does not name it, and it was never online."
    return Judgement(OfferState.NOT_WANTED, why, hint)


def _validated(facts: OfferFacts) -> Judgement | None:
    if facts.publication_state != 1:
        return None
    return Judgement(
        OfferState.AWAITING_VALIDATION,
        "Back Market took it and still has to validate the product.",
        "Nothing to do: its staff does so within hours, and the next runs look.",
    )


def _sold_out(facts: OfferFacts) -> Judgement | None:
    if facts.accepted_quantity:
        return None
    why = "Its quantity is 0, and Back Market knows."
    return Judgement(OfferState.SOLD_OUT, why, "Raise the quantity to sell it.")


def _above_max(facts: OfferFacts) -> Judgement | None:
    if facts.max_price is None or facts.accepted_price is None:
        return None
    if facts.accepted_price <= facts.max_price:
        return None
    return Judgement(
        OfferState.OFFLINE_PRICE_ABOVE_MAX,
        f"Its price {facts.accepted_price} is above {facts.max_price}, the highest "
        "that Back Market shows for this product.",
        f"Lower the price to {facts.max_price} or less.",
    )


def _offline(facts: OfferFacts) -> Judgement | None:
    why = _OFFLINE_WHY.get(
        facts.publication_state if facts.publication_state is not None else 2
    )
    if why is None:
        return None
    return Judgement(OfferState.OFFLINE, why, "Look at the listing at Back Market.")


def _online(_: OfferFacts) -> Judgement:
    why = "Back Market has accepted it as the catalog wants it."
    return Judgement(OfferState.ONLINE, why, NOTHING_TO_DO)


def _rules() -> Iterator[Rule]:
    yield from (_not_sold, _excluded, _invalid, _refused, _held, _inactive)
    yield partial(_last_run, outcome="deferred", state=OfferState.DEFERRED)
    yield partial(_last_run, outcome="unconfirmed", state=OfferState.UNCONFIRMED)
    yield from (
        _drifted,
        _waiting,
        _gone,
        _validated,
        _sold_out,
        _above_max,
        _offline,
        _online,
    )


_RULES = tuple(_rules())
