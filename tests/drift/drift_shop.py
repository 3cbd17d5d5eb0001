"""A store with drift checks, manual edits and sales."""

from typing import Any

from tests.support.shop import COLUMNS, MAPPING, Shop, as_csv, row

MORE = ("min_price", "warranty_delay", "comment")
ALL = (*COLUMNS, *MORE)
WITH_MORE = {
    "attributes": MAPPING["attributes"] | {name: {"column": name} for name in MORE}
}
VALUES = {"min_price": "180.00", "warranty_delay": 24, "comment": "Ours"}


def full(sku: str, **values: object) -> dict[str, object]:
    """A row with every field that can be sent again."""
    return {**row(sku), **VALUES, **values}


async def sell_all_fields(shop: Shop, *skus: str) -> None:
    path = f"/v1/stores/{shop.store_id}/mapping"
    assert (await shop.api.put(path, json=WITH_MORE)).status_code == 200
    await shop.upload_bytes(as_csv([full(sku) for sku in skus], ALL))
    await shop.publish()


async def put_settings(shop: Shop, **settings: object) -> None:
    path = f"/v1/stores/{shop.store_id}/settings"
    answer = await shop.api.put(path, json={"environment": "sandbox", **settings})
    assert answer.status_code == 200, answer.text


async def run_drift_check(shop: Shop, *, wait: bool = True) -> dict[str, Any]:
    """Request a drift check, and wait until it has ended."""
    answer = await shop.api.post(f"/v1/stores/{shop.store_id}/drift-checks")
    assert answer.status_code == 202, answer.text
    if not wait:
        return dict(answer.json())
    return await wait_for_drift_check(shop)


async def wait_for_drift_check(shop: Shop, seconds: float = 60) -> dict[str, Any]:
    path = f"/v1/stores/{shop.store_id}/drift-checks"
    return await shop.wait_for(path, ("done", "failed"), seconds)


async def drift(shop: Shop, **query: str) -> dict[tuple[str, str], tuple[Any, ...]]:
    path = f"/v1/stores/{shop.store_id}/drift"
    answer = await shop.api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return {
        (d["sku"], d["field"]): (d["ours"], d["theirs"], d["kind"], d["action"])
        for d in answer.json()["items"]
    }


async def edit(shop: Shop, sku: str, **fields: object) -> None:
    """Change a listing as in the back office; fields of France in `FR`."""
    french = fields.pop("FR", None)
    body = fields | ({"markets": {"FR": french}} if french else {})
    await shop.sandbox("PATCH", f"/accounts/{shop.account}/listings/{sku}", json=body)


async def buy(shop: Shop, sku: str, quantity: int = 1) -> None:
    body = {"country": "FR", "lines": [{"sku": sku, "quantity": quantity}]}
    await shop.sandbox("POST", f"/accounts/{shop.account}/orders", json=body)


async def stock(shop: Shop) -> dict[str, int]:
    return {sku: seen["quantity"] for sku, seen in (await shop.listings()).items()}
