"""Buyers' data are sealed, copied and erased, and erased ones do not come back."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from psycopg.errors import NotNullViolation
from pydantic import SecretStr

from app.core.columns import new_id
from app.core.file_storage import Storage
from app.core.logs import hide_secrets, without_secrets
from app.core.vault import Vault
from app.database import open_database
from app.orders.buyers.addresses import divide, emails_of, same_email
from app.orders.buyers.erasure import BATCH, erase_due
from app.orders.buyers.sealing import (
    Addresses,
    email_digest,
    email_digests,
    open_addresses,
    seal_addresses,
)
from app.orders.models import SalesOrder
from app.retention import delete_old_data
from app.settings import Settings
from tests.events.recorded import data_of
from tests.orders.desk import Desk
from tests.publications.watching import eventually
from tests.support.stack import SilentQueue, query

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
OLD, NEW = SecretStr("old-" * 10), SecretStr("new-" * 10)


def test_an_address_is_divided_into_what_lists_show_and_all_the_rest():
    shown, sealed = divide({**ADDRESS, "never_seen_before": "x"})

    assert sorted(shown) == ["city", "company", "country", "first_name", "last_name"]
    assert shown | sealed == {**ADDRESS, "never_seen_before": "x"}


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (" Ada@B.example ", "ada@b.example"),
        ("ÉLO@b.example", "élo@b.example"),
        ("e\u0301lo@b.example", "élo@b.example"),
    ],
)
def test_addresses_are_compared_without_case_and_spaces(given: str, same: str):
    assert same_email(given) == same


def test_an_email_of_both_addresses_is_one():
    assert emails_of([{"email": "A@b.c"}, {"email": "a@B.c "}, {}]) == ["a@b.c"]


def stored(vault: Vault, number: int = 7) -> SalesOrder:
    account_id = new_id()
    whole = Addresses(ADDRESS, {"street": "elsewhere"})
    columns = seal_addresses(vault, account_id, number, whole)
    return SalesOrder(
        account_id=account_id,
        marketplace_id=number,
        state=9,
        digest="",
        shipping_address=columns.shipping_address,
        billing_address=columns.billing_address,
        sealed_addresses=columns.sealed_addresses,
        sealed_key=columns.sealed_key,
        email_digests=columns.email_digests,
    )


def test_sealed_addresses_are_those_of_one_order_and_of_a_key_that_is_there():
    order = stored(Vault([OLD]))

    rotated = open_addresses(Vault([NEW, OLD]), order)
    without_key = open_addresses(Vault([NEW]), order)
    order.marketplace_id += 1
    of_another = open_addresses(Vault([OLD]), order)

    assert rotated == Addresses(ADDRESS, {"street": "elsewhere"})
    assert without_key == of_another
    assert set(without_key.shipping) <= set(ADDRESS) - {"street", "email", "phone"}


def test_an_email_is_found_under_the_key_with_which_its_order_was_stored():
    digest = email_digest(Vault([OLD]), EMAIL)

    assert digest in email_digests(Vault([NEW, OLD]), f" {EMAIL.upper()}")
    assert digest not in email_digests(Vault([NEW]), EMAIL)


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


async def test_an_order_that_arrives_after_the_request_is_erased_if_it_is_older(
    desk: Desk, database_url: str
):
    first = await bought(desk)
    await ask(desk.api, "erase")
    await asyncio.to_thread(query, database_url, "DELETE FROM sales_order")
    await asyncio.to_thread(
        query, database_url, "UPDATE order_sync SET high_water = NULL"
    )

    await desk.sync()
    # Times of orders are whole seconds: one of the same second counts as older.
    earlier = "UPDATE buyer_erasure SET requested_at = requested_at - interval '2 s'"
    await asyncio.to_thread(query, database_url, earlier)
    later = await bought(desk)
    number = first["marketplace_id"]
    old = (await desk.api.get(f"/v1/orders/{number}")).json()

    assert old["erased_at"]
    assert set(old["billing_address"].values()) == {None}
    assert later["erased_at"] is None
    assert later["shipping_address"]["email"] == EMAIL


async def test_a_stored_order_of_a_request_is_erased_whole_by_the_next_run(
    desk: Desk, settings: Settings, database_url: str
):
    """As if the request had not seen it: note and actions must go, too."""
    order = await bought(desk)
    await desk.api.patch(f"/v1/orders/{order['id']}", json={"note": "Ada calls"})
    await asyncio.to_thread(
        query,
        database_url,
        "INSERT INTO buyer_erasure SELECT account_id, unnest(email_digests), "
        "now() + interval '1 s', false FROM sales_order",
    )
    await asyncio.to_thread(
        query, database_url, "UPDATE buyer_erasure SET requested_at = now() + '1 h'"
    )

    await desk.edit(order["marketplace_id"], price="44.00")
    await desk.sync()
    fetched = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    async with open_database(database_url, SilentQueue()) as database:
        erased = await erase_due(database, None)

    assert fetched["shipping_address"]["email"] == EMAIL
    assert erased == 1
    assert "ada calls" not in texts(database_url)


async def test_an_older_order_that_arrives_in_progress_can_still_be_shipped(
    desk: Desk, settings: Settings, database_url: str
):
    await bought(desk, state=3)
    await ask(desk.api, "erase")
    await asyncio.to_thread(query, database_url, "DELETE FROM sales_order")
    await asyncio.to_thread(
        query, database_url, "UPDATE order_sync SET high_water = NULL"
    )
    await asyncio.to_thread(
        query, database_url, "UPDATE buyer_erasure SET is_open = false"
    )

    await desk.sync()
    (listed,) = await desk.listed()
    order = (await desk.api.get(f"/v1/orders/{listed['id']}")).json()
    is_open = query(database_url, "SELECT is_open FROM buyer_erasure")

    assert order["shipping_address"]["street"] == ADDRESS["street"]
    assert is_open == [(True,)]


async def test_an_order_in_progress_is_erased_when_it_has_ended(
    desk: Desk, settings: Settings, database_url: str
):
    order = await bought(desk, state=3)

    erased = await ask(desk.api, "erase")
    still = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE buyer_erasure SET requested_at = now() - interval '2 d'",
    )
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE sales_order SET created_at = now() - interval '3 d'",
    )
    async with open_database(database_url, SilentQueue()) as database:
        too_early = await erase_due(database, None)
        await asyncio.to_thread(
            query,
            database_url,
            "UPDATE sales_order SET state = 9, outcome = 'completed'",
        )
        ended = await erase_due(database, None)
    open_ones = query(database_url, "SELECT count(*) FROM buyer_erasure WHERE is_open")

    assert (erased["orders"], erased["pending"]) == (0, True)
    assert still["shipping_address"]["email"] == EMAIL
    assert (too_early, ended) == (0, 1)
    assert open_ones == [(0,)]
    assert "zyxexemple" not in texts(database_url)


async def test_retention_erases_what_is_older_in_batches(
    desk: Desk, settings: Settings, database_url: str
):
    order = await bought(desk)
    await asyncio.to_thread(
        query,
        database_url,
        "INSERT INTO sales_order (id, account_id, marketplace_id, state, outcome, "
        "created_at, modified_at, shipping_address, billing_address, other_fields, "
        "digest, version, first_seen_at, changed_at) SELECT gen_random_uuid(), "
        "account_id, 900000 + n, 9, 'completed', now(), now() - interval '400 days', "
        "shipping_address, '{}', '{}', '', 1, now(), now() "
        "FROM sales_order, generate_series(1, %s) AS n",
        BATCH + 1,
    )
    keeping = settings.model_copy(update={"keep_buyers": timedelta(days=365)})
    async with open_database(database_url, SilentQueue()) as database:
        storage = Storage(settings.uploads)
        await delete_old_data(database, storage, settings)
        (before,) = query(
            database_url, "SELECT count(*) FROM sales_order WHERE erased_at IS NOT NULL"
        )
        await delete_old_data(database, storage, keeping)
    kept = query(
        database_url, "SELECT marketplace_id FROM sales_order WHERE erased_at IS NULL"
    )

    assert before == (0,)
    assert kept == [(order["marketplace_id"],)]


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
