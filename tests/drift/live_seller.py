"""A seller who sold at Back Market before he connected his store."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.shop import Shop


def listing(sku: str, **values: Any) -> dict[str, Any]:
    """A listing that the seller made by hand, with the values of `row`."""
    market = {"price": "199.90"} | {
        name: values.pop(name) for name in ("price", "min_price") if name in values
    }
    usual = {"sku": sku, "quantity": 5, "grade": "GOOD"}
    return {**usual, **values, "markets": {"FR": market}}


async def put_on_sale(shop: Shop, listings: Iterable[Mapping[str, Any]]) -> None:
    path = f"/accounts/{shop.account}/listings"
    await shop.sandbox("POST", path, json={"listings": list(listings)})


async def import_listings(shop: Shop) -> dict[str, Any]:
    answer = await shop.api.post(f"/v1/stores/{shop.store_id}/listing-imports")
    assert answer.status_code == 202, answer.text
    return await shop.wait_for(answer.headers["Location"], ("finished", "failed"))


async def unmatched(shop: Shop, **query: str) -> dict[str, Any]:
    """The first page of unmatched listings, with its totals."""
    path = f"/v1/stores/{shop.store_id}/unmatched-listings"
    answer = await shop.api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def unmatched_skus(shop: Shop, **query: str) -> list[str]:
    return [each["sku"] for each in (await unmatched(shop, **query))["items"]]


async def decide(shop: Shop, **body: Any) -> dict[str, Any]:
    """Decide about unmatched listings, and wait for the publication that follows."""
    path = f"/v1/stores/{shop.store_id}/unmatched-listings/decide"
    answer = await shop.api.post(path, json=body)
    assert answer.status_code == 200, answer.text
    result = dict(answer.json())
    if result["publication_id"]:
        path = f"/v1/publications/{result['publication_id']}"
        await shop.wait_for(path, ("finished", "failed"))
    return result
