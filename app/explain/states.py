"""Decides the state of an offer, the reason, and what to do about it. Pure."""

from collections.abc import Callable, Iterator
from functools import partial

from app.explain.facts import Explanation, OfferFacts, OfferState
from app.publications.enums import OTHER_MARKET_CODES
from app.publications.error_classes import (
    ErrorClass,
    error_class_of,
    hint_for,
    message_of,
)
from app.publications.messages import sentence_for

NOTHING_TO_DO = "No action needed."
_WAIT = "No action needed: the next run sends it. POST /v1/stores/{id}/publications "
_WAIT += "starts one now."
_OFFLINE_REASONS = {
    0: "The listing lacks a price or a comment for this country.",
    3: "Back Market accepted it, but its listing is offline.",
    4: "Back Market has deactivated or archived the listing.",
}


def explain_state(facts: OfferFacts) -> Explanation:
    """The result of the first rule that applies; the last one always does."""
    return next(found for rule in _RULES if (found := rule(facts)))


Rule = Callable[[OfferFacts], Explanation | None]


def _not_sold(facts: OfferFacts) -> Explanation | None:
    if not facts.uncategorized or facts.desired_state == "active":
        return None
    return Explanation(
        OfferState.UNCATEGORIZED,
        "Its category in the catalog is empty or not mapped to one of Back Market's, "
        "so it is not sold.",
        "Map the category: PUT /v1/stores/{id}/categories.",
    )


def _excluded(facts: OfferFacts) -> Explanation | None:
    if not facts.excluded or facts.desired_state == "active":
        return None
    return Explanation(
        OfferState.EXCLUDED,
        "A filter of the mapping excludes its row, so it is not sold.",
        "Change the filter: PUT /v1/stores/{id}/mapping.",
    )


def _invalid(facts: OfferFacts) -> Explanation | None:
    if facts.desired_state == "active" or not facts.problems:
        return None
    then = (
        "what is online stays, only a lower quantity is sent"
        if facts.desired_state == "retained" and facts.listed
        else "it is not sold"
    )
    return Explanation(
        OfferState.INVALID,
        f"Its row in the catalog is not valid ({'; '.join(facts.problems)}): {then}.",
        "Correct the row and upload it again; GET /v1/catalogs/{id}/rejected.csv has "
        "the rows to correct.",
    )


def _refused(facts: OfferFacts) -> Explanation | None:
    refused = facts.refused
    if refused is None or (facts.outcome, facts.code) == ("held", "awaiting_product"):
        return None
    words = message_of(refused.code, refused.message)
    kind = error_class_of(refused.code, refused.message)
    if refused.quarantined:
        return Explanation(
            OfferState.QUARANTINED,
            f"Back Market refused the same data {_often(refused.times)}, so it is not "
            f"sent any more: {words}",
            f"{hint_for(refused.code, kind)} Or send it once more as it is: POST "
            "/v1/stores/{id}/quarantine/release.",
        )
    if kind is ErrorClass.TRANSIENT and refused.retry_at:
        return Explanation(
            OfferState.RETRYING,
            f"Back Market could not process it: {words} It is sent again after "
            f"{refused.retry_at:%Y-%m-%d %H:%M} UTC.",
            hint_for(refused.code, kind),
        )
    return Explanation(
        OfferState.IN_ERROR,
        f"Back Market refused it: {words}",
        hint_for(refused.code, kind),
    )


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _held(facts: OfferFacts) -> Explanation | None:
    if not facts.dirty or facts.outcome != "held":
        return None
    code = facts.code or "held"
    why = f"It is held: {sentence_for(code)}"
    if facts.other_markets and code in OTHER_MARKET_CODES.values():
        why += f" It is online in {', '.join(facts.other_markets)}."
    return Explanation(OfferState.HELD, why, hint_for(code, error_class_of(code)))


def _inactive(facts: OfferFacts) -> Explanation | None:
    if not facts.dirty or facts.store_active:
        return None
    return Explanation(
        OfferState.STORE_INACTIVE,
        "It differs from the live state, but the store is not active.",
        "Activate the store: PUT /v1/stores/{id}/activation.",
    )


def _last_run(facts: OfferFacts, outcome: str, state: OfferState) -> Explanation | None:
    if not facts.dirty or facts.outcome != outcome:
        return None
    words = sentence_for(facts.code or outcome)
    return Explanation(state, words, "No action needed: a later run continues.")


def _drifted(facts: OfferFacts) -> Explanation | None:
    drifted = facts.drifted
    if drifted is None:
        return None
    shown = "Back Market no longer shows its listing"
    if drifted.field != "listing":
        shown = (
            f"Back Market shows {drifted.field} {drifted.theirs}, not {drifted.ours}"
        )
    then = (
        "No action needed: the next run sends our value again."
        if facts.dirty
        else "Change the offer's own value, or set `drift` to `overwrite`: PUT "
        "/v1/stores/{id}/settings."
    )
    if drifted.by_hand:
        why = f"{shown}: it was changed there by hand."
        return Explanation(OfferState.DRIFTED, why, then)
    why = f"{shown}, although it accepted the value."
    if drifted.not_sent:
        then = (
            "It was sent again and still not shown. Nothing is sent until the value "
            "changes: ask Back Market whether it accepts this field from you."
        )
    return Explanation(OfferState.UNCONFIRMED, why, then)


def _waiting(facts: OfferFacts) -> Explanation | None:
    if not facts.dirty:
        return None
    if not facts.listed:
        why = "It is new and has not been sent yet."
    elif facts.desired_state == "absent":
        why = "It is no longer in the catalog and will be taken offline."
    else:
        why = "It is online; its changes have not been sent yet."
    return Explanation(OfferState.WAITING, why, _WAIT)


def _unmatched(facts: OfferFacts) -> Explanation | None:
    if facts.desired_state != "unmatched":
        return None
    return Explanation(
        OfferState.UNMATCHED,
        "Its listing was at Back Market before refeed, and no catalog names it: it is "
        "left alone.",
        "Add it to the catalog, or decide: POST "
        "/v1/stores/{id}/unmatched-listings/decide.",
    )


def _gone(facts: OfferFacts) -> Explanation | None:
    if facts.desired_state != "absent":
        return None
    hint = "To sell it again, put it back into the catalog."
    if facts.listed:
        return Explanation(
            OfferState.WITHDRAWN,
            "It is no longer in the catalog; its quantity was set to 0.",
            hint,
        )
    why = "It is not in the catalog and was never online."
    return Explanation(OfferState.ABSENT, why, hint)


def _validated(facts: OfferFacts) -> Explanation | None:
    if facts.publication_state != 1:
        return None
    return Explanation(
        OfferState.AWAITING_VALIDATION,
        "Back Market accepted it and still has to validate the product.",
        "No action needed: this takes hours, and the next runs check it.",
    )


def _sold_out(facts: OfferFacts) -> Explanation | None:
    if facts.live_quantity:
        return None
    why = "Its quantity is 0 at Back Market too."
    return Explanation(OfferState.SOLD_OUT, why, "Raise the quantity to sell it.")


def _above_max(facts: OfferFacts) -> Explanation | None:
    if facts.max_price is None or facts.live_price is None:
        return None
    if facts.live_price <= facts.max_price:
        return None
    return Explanation(
        OfferState.OFFLINE_PRICE_ABOVE_MAX,
        f"Its price {facts.live_price} is above {facts.max_price}, the highest "
        "that Back Market shows for this product.",
        f"Lower the price to {facts.max_price} or less.",
    )


def _offline(facts: OfferFacts) -> Explanation | None:
    why = _OFFLINE_REASONS.get(
        facts.publication_state if facts.publication_state is not None else 2
    )
    if why is None:
        return None
    return Explanation(OfferState.OFFLINE, why, "Check the listing at Back Market.")


def _online(_: OfferFacts) -> Explanation:
    why = "Back Market has accepted the values of the catalog."
    return Explanation(OfferState.ONLINE, why, NOTHING_TO_DO)


def _rules() -> Iterator[Rule]:
    yield from (_unmatched, _not_sold, _excluded, _invalid, _refused, _held, _inactive)
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
