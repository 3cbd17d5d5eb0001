"""A token that Back Market refuses: a clear end, a red light, and how it heals."""

from app.stores.schedule import EPOCH
from tests.access.issuing import issue
from tests.publications.watching import (
    account,
    all_over,
    eventually,
    light,
    outcomes,
    over,
    runs,
    times_sent,
)
from tests.support.shop import Shop, fresh_token, open_shop, row

DEFERRED = ("deferred", "token_refused")
FIVE = [row(f"S{n}") for n in range(5)]
FEWER = [row(f"S{n}", quantity=1) for n in range(5)]


async def new_token(shop: Shop, **headers: str) -> None:
    """The merchant creates a new token in the back office, and sets it here."""
    token = fresh_token()
    await shop.sandbox(
        "POST", f"/accounts/{shop.account}/tokens", json={"token": token}
    )
    ours = (await account(shop))["id"]
    answer = await shop.api.put(
        f"/v1/seller-accounts/{ours}/token", json={"token": token}, headers=headers
    )
    assert answer.status_code == 204, answer.text


async def revoke(shop: Shop) -> None:
    await shop.sandbox("POST", "/tokens/revoke", json={"token": shop.token})


async def test_a_refused_token_fails_the_run_and_turns_the_light_red(shop: Shop):
    await shop.upload(FIVE)
    await revoke(shop)

    run = await shop.publish()

    assert (run["state"], run["reason"]["code"]) == ("failed", "token_refused")
    assert shop.token not in str(run)
    assert set(outcomes(await shop.changes(run)).values()) == {DEFERRED}
    assert run["follow_up_id"] is None
    red = await light(shop, "connection")
    assert (red["state"], red["reasons"][0]["code"]) == ("red", "token_refused")
    assert await times_sent(shop) == {}


async def test_a_new_token_turns_the_light_green_and_requests_a_run(
    shop: Shop,
):
    await shop.upload(FIVE)
    await revoke(shop)
    await shop.publish()

    await new_token(shop)
    failed, healed = await all_over(shop, 2)

    assert failed["state"] == "failed"
    assert (healed["trigger"], healed["state"]) == ("follow_up", "finished")
    assert healed["counts"]["by_outcome"] == {"accepted": 5}
    assert (await light(shop, "connection"))["state"] == "green"
    assert set((await times_sent(shop)).values()) == {1}


async def test_a_token_refused_during_a_run_defers_the_rest(
    shop: Shop,
):
    await shop.upload(FIVE)
    await shop.publish()
    await shop.upload(FEWER)
    await shop.sandbox("DELETE", "/ledger")
    await shop.fault("token_refused", method="POST", path="/ws/listings/*", skip=2)

    run = await shop.publish()

    assert (run["state"], run["reason"]["code"]) == ("failed", "token_refused")
    assert run["counts"]["by_outcome"] == {"accepted": 2, "deferred": 3}
    assert {listing["quantity"] for listing in (await shop.listings()).values()} == {
        1,
        5,
    }

    await shop.clear_faults()
    await new_token(shop)
    healed = (await all_over(shop, 3))[-1]

    assert healed["counts"]["by_outcome"] == {"accepted": 3}
    assert set((await times_sent(shop)).values()) == {1}


async def test_the_schedule_skips_a_store_with_a_refused_token(shop: Shop, sql):
    await shop.upload(FIVE)
    await revoke(shop)
    await shop.publish()

    await sql("UPDATE store SET next_offers_at = %s", EPOCH)
    await eventually(lambda: sql("SELECT 1 FROM store WHERE next_offers_at > now()"))

    assert len(await runs(shop)) == 1
    assert (await light(shop, "connection"))["state"] == "red"


async def test_the_schedule_detects_that_a_refused_token_works_again(shop: Shop, sql):
    """Back Market had a bad hour: the token needs no change."""
    await shop.upload(FIVE)
    await shop.fault("token_refused", method="POST")
    await shop.publish()
    await shop.clear_faults()

    await sql("UPDATE store SET next_offers_at = %s", EPOCH)
    healed = (await all_over(shop, 2))[-1]

    # Of the run that the check starts and the one that is due, the first includes all.
    assert healed["trigger"] in {"follow_up", "schedule"}
    assert healed["state"] == "finished"
    assert (await light(shop, "connection"))["state"] == "green"


async def test_a_run_with_a_replaced_token_continues_with_the_new_one(
    shop: Shop, skip_pauses
):
    """The token is renewed while a request with the old one is open."""
    await shop.upload(FIVE)
    await shop.publish()
    await shop.upload(FEWER)
    path = {"method": "POST", "path": "/ws/listings/*", "count": 1}
    await shop.hold_answer(method="POST", path="/ws/listings/*")
    await shop.fault("token_refused", **path)
    run = await shop.publish(wait=False)
    await eventually(shop.answer_is_held)

    await new_token(shop)
    await shop.clear_faults()
    ended = await over(shop, run, between=skip_pauses)

    assert ended["state"] == "finished"
    assert ended["counts"]["by_outcome"] == {"accepted": 5}
    assert (await light(shop, "connection"))["state"] == "green"


async def test_a_run_of_a_store_that_a_rotation_puts_out_ends_before_its_next_request(
    shop: Shop, sandbox_url: str, skip_pauses
):
    """The other store's key brings the new token: see test_token_rotation.py."""
    other = await open_shop(shop.api, sandbox_url, country="DE", token=shop.token)
    await shop.upload(FIVE)
    await shop.publish()
    await shop.upload(FEWER)
    await shop.sandbox("DELETE", "/ledger")
    await shop.hold_answer(method="POST", path="/ws/listings/*")
    run = await shop.publish(wait=False)
    await eventually(shop.answer_is_held)

    key = await issue(shop.api, scope="write", store_ids=[other.store_id])
    await new_token(shop, Authorization=f"Bearer {key}")
    await shop.clear_faults()
    ended = await over(shop, run, between=skip_pauses)

    assert (ended["state"], ended["reason"]["code"]) == ("cancelled", "store_inactive")
    assert ended["counts"]["by_outcome"] == {"accepted": 1, "deferred": 4}
    assert sum((await times_sent(shop)).values()) == 1


async def test_an_empty_run_does_not_prove_that_the_token_works(shop: Shop, sql):
    await shop.upload(FIVE)
    await shop.publish()
    await sql("UPDATE seller_account SET connection = 'refused'")

    run = await shop.publish()

    assert (run["state"], run["counts"]["changes"]) == ("finished", 0)
    assert (await light(shop, "connection"))["state"] == "red"


async def test_a_token_without_permission_ends_the_same_way(shop: Shop):
    await shop.upload(FIVE)
    await shop.fault(
        "answer", method="POST", status=403, envelope="v1", message="Channel closed"
    )

    run = await shop.publish()

    assert (run["state"], run["reason"]) == (
        "failed",
        {"code": "permission_refused", "message": "Channel closed"},
    )
    assert set(outcomes(await shop.changes(run)).values()) == {
        ("deferred", "permission_refused")
    }
    assert (await light(shop, "connection"))["reasons"][0]["code"] == "token_forbidden"
