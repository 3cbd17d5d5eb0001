"""The control API of the sandbox: ledger, listings, options, and what came in."""

import httpx
import pytest


async def test_the_ledger_has_every_line_in_order(shop, phone):
    listing = await shop.one()
    await shop.update(listing["id"], "en-gb", price="9", currency="GBP")
    await shop.update(listing["id"], quantity=-1)
    await shop.update(listing["id"], quantity=4)

    entries = (await shop.control("GET", "/ledger"))["entries"]
    applied = (await shop.control("GET", "/ledger?applied=true&sku=a1&market=FR"))[
        "entries"
    ]
    summary = await shop.control("GET", "/ledger/summary")

    assert [
        (entry["number"], entry["method"], entry["market"], entry["result"])
        for entry in entries
    ] == [
        (1, "batch", "FR", "created"),
        (2, "single", "GB", "updated"),
        (3, "single", "FR", "rejected"),
        (4, "single", "FR", "updated"),
    ]
    assert entries[0]["task_id"] == 1_011_001
    assert entries[1]["fields"] == {"price": "9", "currency": "GBP"}
    assert entries[1]["changed"] == ["price"]
    assert [entry["number"] for entry in applied] == [1, 4]
    assert summary["lines"] == 4
    assert summary["updates_that_changed_nothing"] == 1
    assert summary["most_lines_for_one_sku"] == 3


async def test_a_bounded_ledger_still_counts_every_line(shop, phone):
    await shop.control("PATCH", "/options", ledger_limit=2)
    await shop.rows(*({**phone, "sku": f"A{number}"} for number in range(5)))

    summary = await shop.control("GET", "/ledger/summary")
    await shop.control("DELETE", "/ledger")
    cleared = await shop.control("GET", "/ledger/summary")

    assert (summary["lines"], summary["kept"], summary["applied"]) == (5, 2, 5)
    assert not summary["complete"]
    assert cleared["lines"] == 0


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
