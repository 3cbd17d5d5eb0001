"""A new token of a seller account: who goes on with it, and who leaves the account."""

import asyncio

import psycopg
import pytest

from tests.access.target import an_order
from tests.publications.watching import eventually
from tests.stores.pair import Pair
from tests.support.shop import fresh_token
from tests.support.stack import query

WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize(
    ("key", "kept", "same", "members"),
    [
        pytest.param("admin", None, False, {"one", "two"}, id="the admin's key"),
        pytest.param("every", None, False, {"one", "two"}, id="a key of every store"),
        pytest.param("both", None, False, {"one", "two"}, id="a key of both"),
        pytest.param("one", None, False, {"one"}, id="a key of one store"),
        pytest.param("two", None, False, {"two"}, id="a key of the other store"),
        pytest.param("admin", ["two"], False, {"two"}, id="named stores stay"),
        pytest.param("admin", ["two"], True, {"two"}, id="named stores, same token"),
        pytest.param("one", None, True, {"one", "two"}, id="the token it had"),
    ],
)
async def test_stores_that_do_not_present_the_new_token_leave_the_account(
    pair: Pair,
    key: str,
    kept: list[str] | None,
    same: bool,  # noqa: FBT001 - a row of the table
    members: set[str],
):
    body = {"store_ids": [pair.shops[n].store_id for n in kept]} if kept else {}
    token = pair.shops["one"].token if same else None

    answer = await pair.rotate(key, token, **body)

    assert answer.status_code == 204, answer.text
    assert await pair.members() == members


@pytest.mark.parametrize(
    ("key", "kept", "status", "code"),
    [
        pytest.param("read", None, 403, "read_only", id="a key to read"),
        pytest.param("foreign", None, 404, "not_found", id="a key of other stores"),
        pytest.param("one", "two", 422, "invalid", id="a store it has not"),
    ],
)
async def test_a_rotation_is_refused_without_effect(
    pair: Pair, key: str, kept: str | None, status: int, code: str
):
    body = {"store_ids": [pair.shops[kept].store_id]} if kept else {}

    answer = await pair.rotate(key, **body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await pair.members() == {"one", "two"}


async def test_a_store_that_was_put_out_sees_nothing_of_the_account_until_it_is_back(
    pair: Pair, database_url: str
):
    order = f"/v1/orders/{an_order(database_url, pair.account)}"
    api, seller, token = pair.api, pair.headers("one"), fresh_token()
    path = f"/v1/stores/{pair.shops['one'].store_id}"
    before = await api.get(order, headers=seller)

    assert (await pair.rotate("two", token)).status_code == 204

    lights = (await api.get(f"{path}/lights", headers=seller)).json()
    versions = (await api.get(f"{path}/versions/settings", headers=seller)).json()
    activation = await api.put(f"{path}/activation", headers=seller)
    hidden = [order, pair.path, f"{pair.path}/budget"]
    seen = [(await api.get(each, headers=seller)).status_code for each in hidden]
    listed = (await api.get("/v1/orders", headers=seller)).json()["items"]
    shown = (await api.get(f"{path}/activation", headers=seller)).json()
    settings = {"environment": "sandbox", "token": token}
    back = await api.put(f"{path}/settings", json=settings, headers=seller)
    again = (await api.get(f"{path}/lights", headers=seller)).json()

    assert before.status_code == 200
    assert lights["api_settings"]["reasons"][0]["code"] == "token_replaced"
    assert versions["items"][0]["set_by"]["name"] == "k"
    assert (activation.status_code, activation.json()["code"]) == (409, "lights_red")
    assert (seen, listed) == ([404, 404, 404], [])
    assert (shown["active"], shown["next_offers_at"]) == (False, None)
    assert back.json()["seller_account_id"] == pair.account
    assert again["api_settings"]["state"] == "green"


async def test_shared_stock_no_longer_follows_a_store_that_was_put_out(pair: Pair):
    leader = f"store:{pair.shops['one'].store_id}"
    changed = await pair.api.patch(pair.path, json={"shared_quantity": leader})
    assert changed.json()["shared_quantity"] == leader

    await pair.rotate("two")

    account = (await pair.api.get(pair.path)).json()
    assert account["shared_quantity"] == "min"


async def blocked(database_url: str, number: int) -> bool:
    ((waiting,),) = await asyncio.to_thread(query, database_url, WAITING)
    return bool(waiting == number)


async def test_of_two_rotations_at_once_the_first_puts_the_second_out(
    pair: Pair, database_url: str
):
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT 1 FROM store FOR UPDATE")
        rotations = [asyncio.create_task(pair.rotate(name)) for name in ("one", "two")]
        await eventually(lambda: blocked(database_url, 2))
    answers = await asyncio.gather(*rotations)

    assert sorted(answer.status_code for answer in answers) == [204, 404]
    assert len(await pair.members()) == 1


async def test_the_old_token_presented_during_a_rotation_is_no_way_in(
    pair: Pair, database_url: str
):
    created = {"name": "C", "country": "ES"}
    store = (await pair.api.post("/v1/stores", json=created)).json()
    settings = {"environment": "sandbox", "token": pair.shops["one"].token}
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT 1 FROM seller_account FOR UPDATE")
        rotation = asyncio.create_task(pair.rotate("both"))
        await eventually(lambda: blocked(database_url, 1))
        late = asyncio.create_task(
            pair.api.put(f"/v1/stores/{store['id']}/settings", json=settings)
        )
        await eventually(lambda: blocked(database_url, 2))
    answers = await asyncio.gather(rotation, late)

    assert [answer.status_code for answer in answers] == [204, 200]
    assert answers[1].json()["seller_account_id"] != pair.account
