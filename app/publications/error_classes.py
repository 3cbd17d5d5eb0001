"""Classifies refusals by who can act on them, with hints. Pure."""

import re
from enum import StrEnum
from functools import lru_cache

from app.publications.enums import Outcome
from app.publications.messages import sentence_for


class ErrorClass(StrEnum):
    """Who can act on a refusal.

    `transient`: no action needed, it is retried after a pause. `data`: the merchant, in
    the catalog. `permission`: the merchant, at Back Market. `product_unknown`: Back
    Market does not know the EAN. `unknown`: the message is not recognized.
    """

    TRANSIENT = "transient"
    DATA = "data"
    PERMISSION = "permission"
    PRODUCT_UNKNOWN = "product_unknown"
    UNKNOWN = "unknown"


CLASSES = {
    ErrorClass.TRANSIENT: (
        "throttled",
        "unavailable",
        "not_understood",
        "task_timeout",
        "not_in_result",
        "no_answer",
    ),
    ErrorClass.DATA: (
        "price",
        "currency",
        "quantity",
        "grade",
        "ean",
        "warranty",
        "comment",
        "shipper",
        "identity_mismatch",
        "listing_taken",
        "product_incomplete",
        "product_refused",
    ),
    ErrorClass.PERMISSION: ("permission", "permission_refused", "token_refused"),
    ErrorClass.PRODUCT_UNKNOWN: ("unknown_product", "awaiting_product"),
}
CLASS_OF_CODE = {code: kind for kind, codes in CLASSES.items() for code in codes}
"""The class of each code; any other code is `unknown`."""

# Back Market publishes no wording (section 14.7): only clear wordings of "not now".
_NOT_NOW = re.compile(
    r"(try|retry)( it)? (again )?later|temporar|timed? ?-?out\b|service unavailable"
    r"|internal (server )?error|(under|for) maintenance|unexpected error",
    re.IGNORECASE,
)

_APPROVE = "approve it: POST /v1/publications/{id}/approve"
HINTS = {
    "price": "Correct the price in the catalog: an amount above 0 that Back Market "
    "accepts for this product, and not below `min_price`.",
    "currency": "Prices must be in the currency of the store's country.",
    "quantity": "Correct the quantity: a whole number, 0 or more.",
    "grade": "Map the grade to one that Back Market accepts: GET "
    "/v1/channel/attributes lists them.",
    "ean": "Correct the EAN: that of this exact product, with a valid check digit.",
    "warranty": "Correct the warranty: months, as in GET /v1/channel/attributes.",
    "comment": "Shorten or correct the comment.",
    "shipper": "Correct the carriers: names, prices and delays that Back Market "
    "accepts.",
    "identity_mismatch": "Correct EAN, grade or product id in the catalog, or use a "
    "new SKU for a different product.",
    "listing_taken": "Check whether two SKUs describe the same product, and keep one. "
    "To retry: POST /v1/stores/{id}/quarantine/release.",
    "unknown_product": "Check the EAN. If it is correct, map the product's texts and "
    "set `publish_products`: the store then describes the product.",
    "awaiting_product": "No action needed: the next publication of products adds it.",
    "product_incomplete": "Map the product's missing texts, or fill them in the "
    "catalog.",
    "product_refused": "Correct the product's texts in the catalog.",
    "permission": "Ask Back Market to permit what the message names.",
    "permission_refused": "Give the token the right to write listings.",
    "token_refused": "Set a valid token: PUT /v1/seller-accounts/{id}/token.",
    "active_in_sibling_store": "No action needed while the other store sells it. To "
    "end the sale, remove the SKU from the catalog of that store too.",
    "live_in_other_market": "Decide once for the account: set `other_markets` to "
    "`share` (quantities are sent) or `protect` (they are not) with PATCH "
    "/v1/seller-accounts/{id}, or create a store for each of those markets.",
    "other_market_protected": "No action needed to keep it so. To send quantities, set "
    "`other_markets` to `share` with PATCH /v1/seller-accounts/{id}, or create a store "
    "for each of those markets.",
    "quarantined": "Correct the offer's data, or send it once more with POST "
    "/v1/stores/{id}/quarantine/release.",
    "brake_zeroing": f"Check that the catalog is complete. If so, {_APPROVE}; "
    "if not, upload all of it.",
    "brake_shrunk": f"Check that the catalog is complete. If so, {_APPROVE}; "
    "if not, upload all of it.",
    "brake_column_empty": "Fill the column in the catalog, or correct the mapping. If "
    f"it is empty on purpose, {_APPROVE}.",
    "brake_price": f"Check the price. If it is correct, {_APPROVE}; if not, correct it "
    "in the catalog.",
    "brake_price_wave": "Check currency, decimal separator and mapping of the prices. "
    f"If they are correct, {_APPROVE}; if not, correct them.",
    "below_floor": "Raise the price, or lower cost, minimum margin or minimum price. "
    "It cannot be approved.",
    "product_validated": "No action needed: ask Back Market if the description is "
    "wrong.",
    "listing_not_found": "No action needed: the next run creates the listing again.",
    "task_failed": "No action needed: the next run sends it again. If it fails again, "
    "send the message to Back Market.",
}
_HINT_OF_CLASS = {
    ErrorClass.TRANSIENT: "No action needed: it is retried after a pause.",
    ErrorClass.DATA: "Correct the offer's data in the catalog and upload it again.",
    ErrorClass.PERMISSION: "Ask Back Market to permit what it refused.",
    ErrorClass.PRODUCT_UNKNOWN: "Check the EAN.",
    ErrorClass.UNKNOWN: "Read Back Market's message; if it is unclear, ask Back Market "
    "with the SKU and the time.",
}

NOT_ABOUT_THE_ROW = frozenset({"task_failed"})
"""Refusals of a whole request: not caused by the data of one offer."""

JITTER = 0.25
"""Each pause varies by up to this share, so that retries spread."""
GATHER = 0.1
"""A run waits this share of the pause longer than the first offer that is due.

So offers that were refused together are retried in few runs.
"""


@lru_cache(maxsize=4096)
def error_class_of(code: str | None, message: str | None = None) -> ErrorClass:
    """The class of a refusal; a message that says "retry later" is always transient."""
    if message and _NOT_NOW.search(message):
        return ErrorClass.TRANSIENT
    return CLASS_OF_CODE.get(code or "", ErrorClass.UNKNOWN)


def hint_for(code: str | None, kind: ErrorClass) -> str:
    """What to do about a refusal, in one or two sentences."""
    if kind is ErrorClass.TRANSIENT:
        return _HINT_OF_CLASS[kind]
    return HINTS.get(code or "") or _HINT_OF_CLASS[kind]


def hint_of_change(
    outcome: str, code: str | None, message: str | None = None
) -> str | None:
    """What to do about a change that was held or rejected; None for any other."""
    if outcome not in {Outcome.HELD, Outcome.REJECTED}:
        return None
    return hint_for(code, error_class_of(code, message))


def message_of(code: str | None, message: str | None) -> str:
    """Back Market's message, or ours if it sent none."""
    return message or sentence_for(code or "refused")
