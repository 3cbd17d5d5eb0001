"""What pages of offers show and send. Pure."""

import re
from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]
STATES = (
    *("published", "pending", "in_error", "held", "invalid", "awaiting_validation"),
    *("unconfirmed", "withdrawn", "absent", "unmatched"),
)
TITLES = {"published": "Online", "in_error": "In error", "pending": "To be sent"}
FIELDS = (
    *(("price", "Price"), ("quantity", "Quantity"), ("min_price", "Minimum price")),
    *(("grade", "Grade"), ("ean", "EAN"), ("warranty_delay", "Warranty (months)")),
    ("comment", "Comment"),
)
MONEY = frozenset({"price", "min_price"})
EFFECTS = {
    "zero": "Their quantity at Back Market is set to 0 with the next publication, so "
    "that {what} can no longer be bought. Other countries that sell the same SKU keep "
    "it on sale.",
    "ignore": "{what} on sale as they are; refeed does not touch them. A catalog row "
    "with the SKU takes a listing over.",
}


REQUEST = re.compile(r": (GET|POST|PUT|PATCH) /v1/[\w{}/.-]*[\w}]")
STARTS_ONE = re.compile(r"POST /v1/[\w{}/-]+ starts one now")


def state_title(state: str) -> str:
    return TITLES.get(state, state.replace("_", " ").capitalize())


def tabs(totals: Mapping[str, int] | None) -> list[tuple[str, str, int | None]]:
    """State, title and number of each tab; without totals, all states and no number.

    All offers are those of the catalogs: unmatched listings have a page of their own.
    """
    if totals is None:
        return [("", "All", None), *((s, state_title(s), None) for s in STATES[:-1])]
    known = [(s, state_title(s), totals[s]) for s in STATES[:-1] if totals.get(s)]
    return [("", "All", sum(count for _, _, count in known)), *known]


def title_of(offer: Row) -> str | None:
    title: str | None = offer["live_title"] or offer["title"]
    return title


def reason_of(offer: Row) -> str | None:
    """Why the offer is not as it should be, in a few words."""
    if offer["error"]:
        error: str | None = offer["error"]["message"] or offer["error"]["code"]
        return error
    problems = [f"{p['field']}: {p['code']}" for p in offer["problems"]]
    return ", ".join(problems).replace("_", " ") or None


def differs(offer: Row, name: str) -> bool:
    """Whether the live value is another one than the desired.

    The EAN of a listing that refeed did not create is not known.
    """
    desired, live = offer["desired"], offer["live"]
    if not (desired and live) or (name == "ean" and live[name] is None):
        return False
    return bool(desired[name] != live[name])


def hint_of(offer: Row) -> str:
    """The hint for a person: without the requests that a program would send."""
    hint = STARTS_ONE.sub("Publishing now sends it at once", str(offer["hint"]))
    return REQUEST.sub("", hint)


def compared(offer: Row) -> list[dict[str, Any]]:
    """Desired and live value of each field."""
    desired, live = offer["desired"] or {}, offer["live"] or {}
    return [
        {
            "name": name,
            "title": title,
            "desired": desired.get(name),
            "live": live.get(name),
            "differs": differs(offer, name),
        }
        for name, title in FIELDS
    ]


def changes(offer: Row, quantity: str, price: str) -> list[tuple[str, Any, str]]:
    """Field, value now and new value of what a quick change would change."""
    now = offer["desired"] or offer["live"] or {}
    given = (("quantity", quantity), ("price", price))
    return [
        (name, now.get(name), value)
        for name, value in given
        if value and value != str(now.get(name))
    ]


def effect(decision: str, count: int) -> str:
    """What the confirmation of a decision names."""
    what = "1 listing" if count == 1 else f"{count} listings"
    if decision == "ignore":
        what += " stays" if count == 1 else " stay"
    return EFFECTS[decision].format(what=what)


def decision_body(decision: str, skus: list[str], which: Row) -> dict[str, Any]:
    """Chosen listings, else all that fit the filter."""
    if skus:
        return {"decision": decision, "skus": skus}
    given = {name: value for name, value in which.items() if value}
    if not given:
        return {"decision": decision, "all": True}
    return {"decision": decision, "filter": given}
