"""JSON schemas of Back Market's answers, by hand from the facts about its API.

They describe what the public material says, not what the sandbox does: no code is
shared. Sections in comments are those of the notes on Back Market's API.
"""

from collections.abc import Sequence
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "integer", "minimum": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
# 3, money and dates.
MONEY: Schema = {"type": "string", "pattern": r"^(0|[1-9][0-9]*)\.[0-9]{2}$"}
WHOLE: Schema = {"pattern": r"\.00$"}
MOMENT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}
UUID: Schema = {
    "type": "string",
    "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
}
# 1.3, markets.
LOCALES = [
    *("fr-fr", "fr-be", "es-es", "de-de", "de-at", "it-it", "nl-nl", "pt-pt", "en-ie"),
    *("el-gr", "sk-sk", "fi-fi", "en-gb", "sv-se", "en-us", "ja-jp", "en-au"),
]
CURRENCIES = ["EUR", "GBP", "SEK", "USD", "JPY", "AUD"]
MARKETS = [
    *("FR", "BE", "DE", "IT", "ES", "GB", "AT", "NL", "US", "FI", "PT", "IE", "GR"),
    *("SK", "SE", "JP"),
]
COUNTRIES = [*MARKETS, "AU"]


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def record(optional: Schema | None = None, /, **required: Schema) -> Schema:
    """An object with exactly these fields, and perhaps the optional ones."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def when(name: str, values: Sequence[object], then: Schema) -> Schema:
    """A rule for objects whose field has one of these values."""
    condition = {"properties": {name: {"enum": list(values)}}, "required": [name]}
    return {"if": condition, "then": {"properties": then}}


# 4.2, listing; 4.3, grades; 4.4, publication_state.
GRADES = {
    "PREMIUM": 9,
    "EXCELLENT": 0,
    "VERY_GOOD": 1,
    "GOOD": 2,
    "FAIR": 3,
    "STALLONE": 4,
}
SHIPPING = record(
    shipper={"type": "string", "minLength": 1, "maxLength": 200},
    shipper_display=TEXT,
    shipping_price=MONEY,
    shipping_delay=COUNT,
    country_code={"enum": LOCALES},
)
LISTING = record(
    {
        "new_battery": FLAG,
        "snowden": FLAG,
        "statuscode": {"const": 200},
        "shippings_response": {"type": "array", "items": TEXT},
    },
    id=UUID,
    listing_id=NUMBER,
    sku={"type": "string", "minLength": 1, "maxLength": 200},
    title={"type": "string", "minLength": 1},
    product_id=UUID,
    backmarket_id=NUMBER,
    state={"enum": list(GRADES.values())},
    grade={"enum": list(GRADES)},
    price=nullable(MONEY),
    min_price=nullable(MONEY),
    max_price={"type": "number", "exclusiveMinimum": 0},
    currency={"enum": CURRENCIES},
    quantity=COUNT,
    publication_state={"enum": [0, 1, 2, 3, 4]},
    comment=nullable({"type": "string", "maxLength": 500}),
    warranty_delay={"type": "integer", "minimum": 12},
    shippings={"type": "array", "items": SHIPPING, "maxItems": 3},
)
LISTING["allOf"] = [
    *(
        when("grade", [grade], {"state": {"const": code}})
        for grade, code in GRADES.items()
    ),
    when("publication_state", [1, 2, 3], {"price": MONEY}),
    when("publication_state", [2], {"quantity": NUMBER}),
    when("currency", ["JPY"], {"price": WHOLE, "min_price": WHOLE}),
]
ONE_LISTING: Schema = {"allOf": [LISTING, {"required": ["statuscode"]}]}

# 4.6, batch; 4.7, task.
ACCEPTED_BATCH = record(statuscode={"const": 200}, bodymessage=NUMBER)
ROW_ERROR: Schema = {"type": ["string", "array", "object"]}
ROW_RESULT: Schema = {
    "type": "object",
    "properties": {
        "listing_id": NUMBER,
        "backmarket_id": NUMBER,
        "publication_state": {"enum": [0, 1, 2, 3, 4]},
    },
    "required": ["listing_id", "backmarket_id", "publication_state"],
}
RESULT = record(
    product_success={"type": "object", "additionalProperties": ROW_RESULT},
    product_errors={"type": "object", "additionalProperties": ROW_ERROR},
)
NO_RESULT: Schema = {"const": {}}
TASK = record(
    statuscode={"const": 200},
    task_id=NUMBER,
    action_status={"enum": [0, 2, 3, 7, 8, 9]},
    last_action_error=TEXT_OR_NULL,
    result={"type": "object"},
)
TASK["allOf"] = [
    when(
        "action_status", [9], {"result": RESULT, "last_action_error": {"const": None}}
    ),
    when("action_status", [8], {"result": NO_RESULT, "last_action_error": TEXT}),
    when(
        "action_status",
        [0, 2, 3, 7],
        {"result": NO_RESULT, "last_action_error": {"const": None}},
    ),
]

# 6, categories.
ATTRIBUTE = record(
    field={"type": "string", "minLength": 1},
    field_name=TEXT,
    type={"enum": [0, 1, 2, 3]},
    allowed_values=TEXT,
    required=FLAG,
)
ATTRIBUTE["allOf"] = [when("type", [3], {"allowed_values": {"minLength": 1}})]
CATEGORY = record(
    category_id=NUMBER,
    category_name=TEXT,
    marketplace_category_id={"type": "integer"},
    is_leaf=FLAG,
    attributes={"type": "array", "items": ATTRIBUTE},
    childrens={"type": "array", "items": {"$dynamicRef": "#category"}},
)
CATEGORY["$dynamicAnchor"] = "category"
CATEGORY["allOf"] = [
    when("is_leaf", [True], {"childrens": {"maxItems": 0}}),
    when("is_leaf", [False], {"attributes": {"maxItems": 0}}),
]
TREE: Schema = {"type": "array", "items": CATEGORY, "minItems": 1}

# 5, competitors.
AMOUNT = record(amount=MONEY, currency={"enum": CURRENCIES})
COMPETITOR = record(
    listing_id=UUID,
    product_id=UUID,
    market={"enum": MARKETS},
    price=AMOUNT,
    min_price=nullable(AMOUNT),
    price_to_win=AMOUNT,
    winner_price=nullable(AMOUNT),
    is_winning=FLAG,
)
COMPETITORS: Schema = {"type": "array", "items": COMPETITOR, "minItems": 1}


# 3, pagination.
def page(item: Schema) -> Schema:
    link = nullable({"type": "string", "pattern": r"^https?://[^?]+\?.*page=\d+"})
    results = {"type": "array", "items": item, "maxItems": 50}
    return record(count=COUNT, next=link, previous=link, results=results)


LISTINGS = page(LISTING)

# 12, errors. Only `code` and `message` are guaranteed.
ERROR: Schema = {
    "type": "object",
    "properties": {"code": TEXT, "message": TEXT},
    "required": ["code", "message"],
}
V1 = record(error=ERROR, requestId=TEXT)
V2 = record(errors={"type": "array", "items": ERROR, "minItems": 1})
V3 = record(error=ERROR, status=NUMBER, title=TEXT, type=TEXT, requestId=TEXT)
PROBLEM_ENTRY = record(type=TEXT, title=TEXT, detail=TEXT, target=TEXT)
PROBLEM = record(
    type=TEXT,
    title=TEXT,
    status=NUMBER,
    errors={"type": "array", "items": PROBLEM_ENTRY},
)
BARE_STRING: Schema = {"type": "string", "minLength": 1}
