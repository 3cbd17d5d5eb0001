"""A new token is checked at Back Market before a rotation has an effect."""

import asyncio

import httpx
import psycopg
import pytest

from tests.publications.watching import account, eventually
from tests.stores.pair import Pair
from tests.stores.test_token_rotation import blocked
from tests.support.shop import Shop, fresh_token, open_shop, row
from tests.support.stack import query

IDLE = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND state LIKE 'idle in transaction%%'"
)


async def token_of(shop: Shop) -> str:
    """A further token of the same seller account."""
    token = fresh_token()
    path = f"/accounts/{shop.account}/tokens"
    await shop.sandbox("POST", path, json={"token": token})
    return token


async def unchanged(pair: Pair) -> bool:
    """Whether both stores are in the account, with the token that they had."""
    token = pair.shops["one"].token
    same = await pair.rotate("one", token, store_ids=None)
    return same.status_code == 204 and await pair.members() == {"one", "two"}


async def test_a_token_that_back_market_refuses_puts_no_store_out(pair: Pair):
    answer = await pair.rotate("one", "junk")

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "token_refused")
    assert [error["field"] for error in problem["errors"]] == ["token"]
    assert "junk" not in answer.text
    assert await unchanged(pair)


async def test_a_token_without_permission_puts_no_store_out(pair: Pair):
    shop = pair.shops["one"]
    token = await token_of(shop)
    await shop.fault("answer", status=403, envelope="v1", message="Channel closed")

    answer = await pair.rotate("one", token)
    await shop.clear_faults()

    assert (answer.status_code, answer.json()["code"]) == (422, "permission_refused")
    assert await unchanged(pair)


@pytest.mark.parametrize(
    "fault", ["unavailable", "throttled_json", "forbidden_html", "dropped_before"]
)
@pytest.mark.parametrize("key", ["one", "admin"])
async def test_a_token_that_cannot_be_checked_puts_no_store_out(
    pair: Pair, fault: str, key: str
):
    shop = pair.shops["one"]
    token = await token_of(shop)
    await shop.fault(fault)

    answer = await pair.rotate(key, token)
    await shop.clear_faults()

    assert (answer.status_code, answer.json()["code"]) == (503, "token_not_checked")
    assert int(answer.headers["Retry-After"]) > 0
    assert await unchanged(pair)
    assert (await pair.rotate(key, token)).status_code == 204


async def test_a_single_store_may_set_its_token_while_back_market_is_away(
    api: httpx.AsyncClient, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url)
    token = await token_of(shop)
    await shop.fault("unavailable")

    answer = await api.put(
        f"/v1/seller-accounts/{(await account(shop))['id']}/token",
        json={"token": token},
    )
    await shop.clear_faults()

    assert answer.status_code == 204


async def test_a_store_that_joins_meanwhile_needs_a_checked_token(
    api: httpx.AsyncClient, sandbox_url: str, database_url: str
):
    one = await open_shop(api, sandbox_url)
    two = await open_shop(api, sandbox_url, country="DE")
    ours = (await account(one))["id"]
    path, token = f"/v1/seller-accounts/{ours}/token", await token_of(one)
    await one.fault("unavailable")
    with psycopg.connect(database_url) as holder:
        stores = f"stores of {ours}"
        holder.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [stores])
        rotation = asyncio.create_task(api.put(path, json={"token": token}))
        await eventually(lambda: blocked(database_url, 1))
        joins = "UPDATE store SET account_id = %s WHERE id = %s"
        await asyncio.to_thread(query, database_url, joins, ours, two.store_id)
    answer = await rotation
    await one.clear_faults()

    assert (answer.status_code, answer.json()["code"]) == (409, "account_changed")


async def test_no_transaction_is_open_while_a_token_is_checked(
    pair: Pair, database_url: str
):
    shop = pair.shops["one"]
    token = await token_of(shop)
    await shop.hold_answer(path="/ws/listings")

    rotation = asyncio.create_task(pair.rotate("both", token))
    await eventually(shop.answer_is_held)
    ((idle,),) = await asyncio.to_thread(query, database_url, IDLE)
    await shop.clear_faults()

    assert (idle, (await rotation).status_code) == (0, 204)


async def test_a_token_of_another_seller_account_is_refused(shop: Shop):
    await shop.upload([row("A1")])
    await shop.publish()
    path = f"/v1/seller-accounts/{(await account(shop))['id']}/token"

    foreign = await shop.api.put(path, json={"token": fresh_token()})
    ours = await shop.api.put(path, json={"token": await token_of(shop)})

    assert (foreign.status_code, foreign.json()["code"]) == (
        409,
        "token_of_other_account",
    )
    assert ours.status_code == 204
