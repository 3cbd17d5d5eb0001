"""JSON schemas of orders, by hand from the facts about Back Market's API."""

from tests.sandbox.schemas import (
    COUNT,
    COUNTRIES,
    CURRENCIES,
    FLAG,
    LOCALES,
    MOMENT,
    MONEY,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    WHOLE,
    Schema,
    nullable,
    page,
    record,
    when,
)

# 7.4, order, address, order line; 7.2, states; 7.3, return reasons.
ADDRESS = record(
    {"state_or_province": TEXT, "gender": {"enum": [0, 1]}},
    company=TEXT_OR_NULL,
    first_name=TEXT,
    first_name_pronunciation=TEXT_OR_NULL,
    last_name=TEXT,
    last_name_pronunciation=TEXT_OR_NULL,
    street=TEXT,
    street2=TEXT_OR_NULL,
    postal_code=TEXT,
    city=TEXT,
    country={"enum": COUNTRIES},
    phone=TEXT_OR_NULL,
    email={"type": "string", "pattern": "@"},
    customer_id_number=TEXT_OR_NULL,
)
ADDRESS["allOf"] = [
    when(
        "country",
        ["JP"],
        {"first_name_pronunciation": TEXT, "last_name_pronunciation": TEXT},
    ),
    when(
        "country",
        [code for code in COUNTRIES if code != "JP"],
        {
            "first_name_pronunciation": {"const": None},
            "last_name_pronunciation": {"const": None},
        },
    ),
]
SHIPPING_ADDRESS: Schema = {"allOf": [ADDRESS, {"properties": {"phone": TEXT}}]}
LINE = record(
    id=NUMBER,
    date_creation=MOMENT,
    state={"enum": list(range(10))},
    listing={"type": "string", "minLength": 1, "maxLength": 200},
    listing_id=NUMBER,
    product=TEXT,
    product_id=NUMBER,
    quantity=NUMBER,
    price=MONEY,
    shipping_price=MONEY,
    sales_taxes=MONEY,
    currency={"enum": CURRENCIES},
    shipping_delay=COUNT,
    shipper=TEXT,
    brand=TEXT,
    condition={"enum": [9, 10, 11, 12]},
    imei={"type": "string", "pattern": r"^(\d{15})?$"},
    serial_number={"type": "string", "maxLength": 50},
    return_reason={"enum": [0, 1, 11, 12, 13, 21, 22, 23, 24, 25]},
    return_message={"type": "string", "maxLength": 500},
    backcare=FLAG,
    backcare_price=COUNT,
    orderline_fee=MONEY,
)
LINE["allOf"] = [
    when("currency", ["JPY"], {"price": WHOLE, "orderline_fee": WHOLE}),
]
ORDER = record(
    {"merchant_id": NUMBER},
    order_id=NUMBER,
    state={"enum": [0, 1, 3, 8, 9, 10]},
    date_creation=MOMENT,
    date_modification=MOMENT,
    date_payment=nullable(MOMENT),
    date_shipping=nullable(MOMENT),
    date_bill_provided=nullable(MOMENT),
    expected_dispatch_date=nullable(
        {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"}
    ),
    price=MONEY,
    shipping_price=MONEY,
    sales_taxes=MONEY,
    currency={"enum": CURRENCIES},
    country_code={"enum": LOCALES},
    payment_method=TEXT,
    paypal_reference=TEXT_OR_NULL,
    psp_reference=TEXT,
    installment_payment=FLAG,
    is_backship=FLAG,
    shipper=TEXT,
    shipper_display=TEXT,
    tracking_number={"type": "string", "maxLength": 200},
    tracking_url={"type": "string", "maxLength": 300},
    delivery_note={"type": "string", "pattern": "^https://"},
    shipping_address=SHIPPING_ADDRESS,
    billing_address=ADDRESS,
    orderlines={"type": "array", "items": LINE, "minItems": 1},
)


def lines_in(*states: int) -> Schema:
    return {"orderlines": {"items": {"properties": {"state": {"enum": list(states)}}}}}


ORDER["allOf"] = [
    when("state", [8, 9], {"expected_dispatch_date": {"const": None}}),
    when("state", [1, 3, 9], {"date_payment": MOMENT}),
    when("state", [8], {"date_payment": {"const": None}} | lines_in(7)),
    when("state", [0, 10], {"date_payment": {"const": None}} | lines_in(0, 8, 9)),
    # Lines of one order may be decided one by one.
    when("state", [3], lines_in(2, 3, 4, 5, 6)),
    when("state", [9], lines_in(3, 4, 5, 6)),
    when("currency", ["JPY"], {"price": WHOLE}),
]
IDENTIFIED_LINE = record(id=NUMBER, imei=LINE["properties"]["imei"], serial_number=TEXT)
ORDERS = page(ORDER)
# 8, after-sales: what the list says of a case.
CASE = record(
    id=NUMBER,
    client={"type": "object"},
    merchant=TEXT,
    orderline=NUMBER,
    date_creation=MOMENT,
    date_modification=MOMENT,
    date_last_message=nullable(MOMENT),
    date_closed=nullable(MOMENT),
    state={"enum": [0, 9]},
    lines={"type": "array", "items": {"type": "object"}},
    country_code={"enum": LOCALES},
    backcare=FLAG,
)
CASES = page(CASE)
