"""Authentication, market selection, rate limits and error responses."""

import httpx
import pytest

from app.sandbox.accounts import looks_genuine
from app.sandbox.limits import Limit, Usage, try_consume

V1 = {"error", "requestId"}


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="missing"),
        pytest.param("Bearer abc", id="another scheme"),
        pytest.param("Basic", id="scheme alone"),
        pytest.param("Basic ***", id="not base64"),
        pytest.param("Basic c2hvcDpwYXNz", id="no BMT secret"),
    ],
)
async def test_a_malformed_token_is_refused(shop, header):
    answer = await shop.http.get("/ws/listings", headers={"Authorization": header})

    assert answer.status_code == 401
    assert set(answer.json()) == V1


async def test_the_scheme_is_case_insensitive(shop, make_token):
    header = {"Authorization": f"basic {make_token()}"}

    assert (await shop.http.get("/ws/listings", headers=header)).status_code == 200


async def test_unknown_tokens_can_be_refused(shop):
    await shop.control("PATCH", "/options", accept_unknown_tokens=False)

    assert (await shop.get("/ws/listings")).status_code == 401


async def test_a_rotated_token_belongs_to_the_same_account_and_the_old_one_is_refused(
    shop, make_token
):
    await shop.one()
    new, path = make_token("new"), "/accounts/account-1/tokens"
    await shop.control("POST", path, token=new)
    await shop.control("POST", "/tokens/revoke", token=make_token())

    fresh = {"Authorization": f"Basic {new}"}
    listed = await shop.http.get("/ws/listings", headers=fresh)

    assert listed.json()["count"] == 1
    assert (await shop.get("/ws/listings")).status_code == 401


async def test_sellers_do_not_see_each_other(shop, make_token):
    listing = await shop.one()
    other = {"Authorization": f"Basic {make_token('other')}"}

    path = f"/ws/listings/{listing['id']}"
    assert (await shop.http.get(path, headers=other)).status_code == 404
    listed = await shop.http.get("/ws/listings", headers=other)
    assert listed.json()["count"] == 0


async def test_a_token_belongs_to_one_platform(shop):
    assert (await shop.get("/ws/listings", "en-gb")).status_code == 200
    assert (await shop.get("/ws/listings", "en-us")).status_code == 401


async def test_an_unknown_locale_is_a_bad_request(shop):
    answer = await shop.get("/ws/listings", "tlh")

    assert answer.status_code == 400
    assert set(answer.json()) == V1


@pytest.mark.parametrize(
    ("platform", "currency"), [("EU", "EUR"), ("NA", "USD"), ("AP", "JPY")]
)
async def test_without_a_locale_the_platform_selects_the_market(
    shop, make_token, platform, currency
):
    body = {"id": "far", "platform": platform, "tokens": [make_token("far")]}
    await shop.control("POST", "/accounts", **body)
    seed = {"listings": [{"sku": "A1", "quantity": 1}]}
    await shop.control("POST", "/accounts/far/listings", **seed)

    client = httpx.AsyncClient(transport=shop.http._transport, base_url="http://s")
    header = {"Authorization": f"Basic {make_token('far')}"}
    listed = (await client.get("/ws/listings", headers=header)).json()

    assert listed["results"][0]["currency"] == currency


async def test_strict_headers_are_an_option(shop):
    await shop.control("PATCH", "/options", strict_headers=True)

    answer = await shop.http.get("/ws/listings", headers={"User-Agent": ""})

    assert answer.status_code == 403


async def test_an_unknown_path_is_an_html_page_and_a_wrong_method_is_405(shop):
    listing = await shop.one()

    nowhere = await shop.http.get("/ws/")
    patched = await shop.http.patch(f"/ws/listings/{listing['id']}", json={})

    assert nowhere.status_code == 404
    assert nowhere.headers["content-type"].startswith("text/html")
    assert patched.status_code == 405


async def test_too_many_requests_block_the_seller_for_ten_seconds(strict_shop):
    shop = strict_shop
    for _ in range(200):
        assert (await shop.get("/ws/category/tree")).status_code == 200

    refused = await shop.get("/ws/category/tree")
    shop.now += 9.9
    still = await shop.get("/ws/category/tree")
    shop.now += 0.2
    again = await shop.get("/ws/category/tree")

    assert [refused.status_code, still.status_code] == [429, 429]
    assert again.status_code == 200


async def test_two_thousand_lines_an_hour_count_single_and_batch_writes(
    strict_shop, phone
):
    shop = strict_shop
    lines = "sku;quantity\n" + "\n".join(f"A{n};1" for n in range(1998))
    await shop.rows(phone)
    assert (await shop.batch(lines)).status_code == 200
    listing = (await shop.get("/ws/listings/detail", sku="A1")).json()
    assert (await shop.update(listing["id"], quantity=2)).status_code == 200

    refused = await shop.update(listing["id"], quantity=3)
    shop.now += 3600
    later = await shop.update(listing["id"], quantity=3)

    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == "E008"
    assert later.status_code == 200


@pytest.mark.parametrize(
    ("moments", "admitted"),
    [
        pytest.param([0, 1, 2], [True, True, False], id="the third is too much"),
        pytest.param([0, 1, 11], [True, True, True], id="old ones are forgotten"),
        pytest.param([0, 1, 2, 11.5], [True, True, False, False], id="blocked"),
        pytest.param([0, 1, 2, 12], [True, True, False, True], id="block is over"),
    ],
)
def test_a_limit_is_a_window_and_a_block(moments, admitted):
    usage, limit = Usage(), Limit(maximum=2, seconds=10, block=10)

    assert [try_consume(usage, limit, now) for now in moments] == admitted


def test_without_a_limit_everything_is_allowed():
    assert try_consume(Usage(), Limit(None, 10), 0, weight=10**6)


@pytest.mark.parametrize(
    ("text", "genuine"),
    [("YTpCTVQteA==", True), ("OkJNVC14", False), ("YTp4", False), ("é", False)],
)
def test_a_genuine_token_names_a_client_and_a_bmt_secret(text, genuine):
    assert looks_genuine(text) is genuine
