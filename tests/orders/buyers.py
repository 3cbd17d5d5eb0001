"""A buyer whose address and e-mail address tests look for."""

from typing import Any

import httpx

from tests.orders.desk import Desk
from tests.support.stack import query

EMAIL = "Ada.Exemple@buyers.example"
ADDRESS = {
    "company": "Exemple SARL",
    "first_name": "Ada",
    "last_name": "Zyxexemple",
    "street": "7 rue Secrete",
    "street2": "porte 4",
    "postal_code": "69001",
    "city": "Lyon",
    "country": "FR",
    "phone": "+33 6 11 22 33 44",
    "email": EMAIL,
    "customer_id_number": "ID-778899",
}
SEALED = ("rue Secrete", "porte 4", "69001", "11 22 33", EMAIL.lower(), "778899")


async def bought(desk: Desk, **more: Any) -> dict[str, Any]:
    """A shipped order of Ada, as it was fetched."""
    order = await desk.buy("A1")
    await desk.edit(
        order["order_id"],
        **{
            "shipping_address": ADDRESS,
            "billing_address": ADDRESS,
            "state": 9,
            "tracking_number": "TRACK556677",
            **more,
        },
    )
    await desk.sync()
    found = await desk.api.get(f"/v1/orders/{order['order_id']}")
    assert found.status_code == 200, found.text
    return dict(found.json())


def texts(url: str) -> str:
    """All rows about orders, as a reader of the database sees them."""
    tables = ("sales_order", "sales_order_line", "sales_order_word", "order_action")
    tables += ("order_submission", "audit_entry", "buyer_erasure", "job", "event")
    rows = [query(url, f"SELECT t::text FROM {name} AS t") for name in tables]  # noqa: S608 - ours
    return "\n".join(str(row) for found in rows for row in found).lower()


async def ask(
    api: httpx.AsyncClient, what: str, email: str = EMAIL, **more: Any
) -> Any:
    answer = await api.post(f"/v1/buyers/{what}", json={"email": email, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()
