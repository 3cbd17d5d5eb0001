"""The control API of the sandbox: listings, options, and what came in."""

import httpx
import pytest


async def test_a_listing_edited_by_the_control_api_is_returned(shop):
    listing = await shop.one()
    path = "/accounts/account-1/listings/a1"
    edit = {"quantity": 1, "markets": {"FR": {"price": "77", "max_price": 70}}}
    await shop.control("PATCH", path, **edit)
    edited = (await shop.get(f"/ws/listings/{listing['id']}")).json()
    archive = {"markets": {"FR": {"publication_state": 4}}}
    await shop.control("PATCH", path, **archive)
    archived = (await shop.update(listing["id"], quantity=5)).json()
    raw = await shop.control("GET", "/listings?account=account-1&sku=A1")
    await shop.control("DELETE", path)

    assert (edited["price"], edited["quantity"]) == ("77.00", 1)
    assert (edited["max_price"], edited["publication_state"]) == (70, 3)
    assert archived["publication_state"] == 4
    assert raw["accounts"]["account-1"][0]["markets"]["FR"]["price"] == "77.00"
    assert (await shop.get("/ws/listings")).json()["count"] == 0


async def test_summary_and_requests_list_what_was_received(shop):
    await shop.one()

    summary = await shop.control("GET", "/summary")
    visits = (await shop.control("GET", "/requests?limit=1"))["requests"]
    counts = {
        (one["route"], one["status"]): one["count"] for one in summary["requests"]
    }

    assert counts["POST /ws/listings", 200] == 1
    assert summary["seconds"]["process a batch"]["calls"] == 1
    assert visits[0]["path"] == "/ws/listings/detail"
    assert visits[0]["account"] == "account-1"


async def test_reset_deletes_all_state_and_restores_options(shop):
    await shop.one()
    await shop.control("PATCH", "/options", task_ends_after=9)
    await shop.fault("unavailable")

    await shop.control("POST", "/reset")

    assert (await shop.get("/ws/listings")).json()["count"] == 0
    assert (await shop.control("GET", "/options"))["task_ends_after"] == 2.0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/options", {"nonsense": 1}),
        ("POST", "/faults", {"kind": "earthquake"}),
        ("POST", "/tokens/revoke", {}),
    ],
)
async def test_an_invalid_control_request_is_refused(shop, method, path, body):
    answer = await shop.http.request(method, f"/_sandbox{path}", json=body)

    assert answer.status_code == 422
    assert "error" in answer.json()


async def test_the_control_api_explains_itself(shop: httpx.AsyncClient):
    assert "/_sandbox/ledger" in (await shop.http.get("/_sandbox/")).text
