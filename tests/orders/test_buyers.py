"""Buyers' data are sealed, copied and erased, and erased ones do not come back."""

import asyncio
from typing import Any

import httpx
import pytest
from psycopg.errors import NotNullViolation

from app.core.logs import hide_secrets, without_secrets
from tests.events.recorded import data_of
from tests.orders.buyers import ADDRESS, EMAIL, SEALED, ask, bought, texts
from tests.orders.desk import Desk
from tests.publications.watching import eventually
from tests.support.stack import query


async def test_street_phone_and_email_are_readable_by_the_api_only(
    desk: Desk, database_url: str
):
    order = await bought(desk)

    assert order["shipping_address"]["street"] == ADDRESS["street"]
    assert order["billing_address"]["email"] == EMAIL
    assert order["buyer"]["city"] == "Lyon"
    assert [part for part in SEALED if part.lower() in texts(database_url)] == []


async def test_an_export_has_all_orders_of_a_buyer_and_of_no_other(desk: Desk):
    mine = [await bought(desk) for _ in range(2)]
    await bought(
        desk, shipping_address={**ADDRESS, "email": "eve@b.example"}, billing_address={}
    )

    first = await ask(desk.api, "export", EMAIL.upper(), limit=1)
    rest = await ask(desk.api, "export", cursor=first["next"])
    of_another = await ask(desk.api, "export", "other@b.example")

    items = [*first["items"], *rest["items"]]
    assert {item["order_id"] for item in items} == {order["id"] for order in mine}
    assert items[0]["shipping_address"]["phone"] == ADDRESS["phone"]
    assert rest["next"] is None
    assert of_another == {"items": [], "next": None}


async def test_erased_data_are_gone_and_amounts_and_skus_stay(
    desk: Desk, database_url: str, capfd: pytest.CaptureFixture[str]
):
    before = await bought(desk)
    note = {"note": "Ada calls", "tags": ["gift"], "merchant_order_id": "M-1"}
    await desk.api.patch(f"/v1/orders/{before['id']}", json=note)

    erased = await ask(desk.api, "erase")
    again = await ask(desk.api, "erase")
    after = (await desk.api.get(f"/v1/orders/{before['id']}")).json()
    found = {
        q: [
            o["id"]
            for o in (await desk.api.get("/v1/orders", params={"q": q})).json()["items"]
        ]
        for q in ("Zyxexemple", "TRACK556677", "A1", str(before["marketplace_id"]))
    }

    assert (erased["orders"], erased["pending"]) == (1, False)
    assert again["orders"] == 0
    assert set(after["shipping_address"].values()) == {None}
    assert (after["note"], after["tracking_number"]) == (None, None)
    assert after["erased_at"]
    assert after["version"] > before["version"]
    for kept in ("price", "currency", "state", "created_at", "country"):
        assert after[kept] == before[kept]
    assert (after["tags"], after["merchant_order_id"]) == (["gift"], "M-1")
    assert [line["sku"] for line in after["lines"]] == ["A1"]
    assert [bool(ids) for ids in found.values()] == [False, False, True, True]
    updated = data_of(database_url, "order.updated")[-1]
    assert (updated["version"], updated["changed_by"]) == (after["version"], "erasure")
    parts = [*SEALED, "zyxexemple", "sarl", "lyon", "track556677", "ada calls"]
    assert [part for part in parts if part.lower() in texts(database_url)] == []
    (entry, *_) = (await desk.api.get("/v1/audit")).json()["items"]
    assert (entry["action"], entry["subject_id"]) == ("buyer.erased", again["id"])
    logged = "".join(capfd.readouterr()).lower()
    assert "request" in logged
    assert [part for part in parts if part.lower() in logged] == []


async def test_fetching_an_erased_order_again_brings_nothing_back(
    desk: Desk, database_url: str
):
    order = await bought(desk)
    await ask(desk.api, "erase")

    await desk.edit(order["marketplace_id"], price="55.00", shipping_address=ADDRESS)
    await desk.sync()
    after = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    await desk.sync()
    same = (await desk.api.get(f"/v1/orders/{order['id']}")).json()

    assert after["price"] == "55.00"
    assert set(after["shipping_address"].values()) == {None}
    assert same["version"] == after["version"]
    assert "zyxexemple" not in texts(database_url)


@pytest.mark.parametrize("given", ["", "ada", "a b@c", "@", "x" * 400 + "@b.c"])
async def test_what_is_no_email_address_is_refused_without_repeating_it(
    api: httpx.AsyncClient, given: str
):
    answer = await api.post("/v1/buyers/erase", json={"email": given})

    assert answer.status_code == 422
    assert not given or f'"{given}"' not in answer.text


async def test_an_account_takes_its_requests_along(desk: Desk, database_url: str):
    await bought(desk)
    await ask(desk.api, "erase", "eve@b.example")
    path = f"/v1/stores/{desk.shop.store_id}"

    answer = await desk.api.delete(path, params={"offers": "leave"})

    assert answer.status_code == 202, answer.text

    async def gone() -> bool:
        return not query(database_url, "SELECT 1 FROM seller_account")

    await eventually(gone)
    assert query(database_url, "SELECT count(*) FROM buyer_erasure") == [(0,)]
    assert query(database_url, "SELECT count(*) FROM sales_order") == [(0,)]


async def test_a_row_that_violates_a_constraint_is_not_logged(
    desk: Desk, database_url: str
):
    """PostgreSQL's message has the whole row; several lines of it, if a value has."""
    order = await bought(desk)
    statement = (
        "UPDATE sales_order SET note = E'Zyx\\nexemple', state = NULL WHERE id = %s"
    )

    with pytest.raises(NotNullViolation) as raised:
        await asyncio.to_thread(query, database_url, statement, order["id"])
    message = f"{raised.value}\n[SQL: UPDATE sales_order]"
    event: dict[str, Any] = {"exception": message}
    logged = hide_secrets(None, "error", event)["exception"]

    assert "Lyon" in message
    assert "Lyon" not in logged
    assert "Failing row contains [hidden]" in logged
    assert logged.endswith("[SQL: UPDATE sales_order]")
    assert without_secrets(message) == logged
