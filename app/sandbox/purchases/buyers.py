"""Generates buyers; the same order number gives the same buyer."""

from app.sandbox.orders.order_model import Json

NAMES = (
    ("Ada", "Exemple"),
    ("Bruno", "Muster"),
    ("Chiara", "Prova"),
    ("Diego", "Ejemplo"),
    ("Emma", "Sample"),
)
# Postal code and city of a sample address in each country.
CITIES = {
    "FR": ("75003", "Paris"),
    "BE": ("1000", "Bruxelles"),
    "ES": ("28001", "Madrid"),
    "DE": ("10115", "Berlin"),
    "AT": ("1010", "Wien"),
    "IT": ("00184", "Roma"),
    "NL": ("1011 AB", "Amsterdam"),
    "PT": ("1100-148", "Lisboa"),
    "IE": ("D02 X285", "Dublin"),
    "GR": ("105 57", "Athina"),
    "SK": ("811 01", "Bratislava"),
    "FI": ("00100", "Helsinki"),
    "GB": ("EC1A 1BB", "London"),
    "SE": ("111 20", "Stockholm"),
    "US": ("10001", "New York"),
    "JP": ("100-0001", "Tokyo"),
    "AU": ("2000", "Sydney"),
}
# How Japanese labels write the names above.
PRONUNCIATIONS = {
    "Ada": "エイダ",
    "Exemple": "エグザンプル",
    "Bruno": "ブルーノ",
    "Muster": "ムスター",
    "Chiara": "キアラ",
    "Prova": "プローヴァ",
    "Diego": "ディエゴ",
    "Ejemplo": "エヘンプロ",
    "Emma": "エマ",
    "Sample": "サンプル",
}
PAYMENTS = ("CARD", "PAYPAL", "APPLE_PAY", "GOOGLE_PAY", "KLARNA_PAY_LATER", "ONEY3X")


def payment_of(number: int) -> str:
    return PAYMENTS[number % len(PAYMENTS)]


def shipping_address(number: int, country: str) -> Json:
    """Back Market, orders, addresses: empty texts here, nulls in billing addresses.

    Only addresses in Japan have pronunciations.
    """
    first, last = NAMES[number % len(NAMES)]
    spoken = PRONUNCIATIONS if country == "JP" else {}
    postal_code, city = CITIES[country]
    address: Json = {
        "company": "",
        "first_name": first,
        "first_name_pronunciation": spoken.get(first),
        "last_name": last,
        "last_name_pronunciation": spoken.get(last),
        "street": f"{number % 90 + 1} rue de la Demo",
        "street2": "",
        "postal_code": postal_code,
        "city": city,
        "country": country,
        "phone": f"06 00 00 {number // 100 % 100:02} {number % 100:02}",
        "email": f"buyer-{number}@example.org",
        "customer_id_number": "",
    }
    return address | ({"state_or_province": "NY"} if country == "US" else {})


def billing_address(shipping: Json) -> Json:
    nulls = ("company", "street2", "phone", "customer_id_number")
    return shipping | dict.fromkeys(nulls)
