"""A service with one of each resource, so that requests reach more than a 404."""

import asyncio
from dataclasses import dataclass

from tests.orders.desk import Desk
from tests.support.shop import Shop, row
from tests.support.stack import ServiceClient, query


@dataclass(frozen=True, slots=True)
class Seeds:
    """Ids of resources, by the names of path parameters."""

    store_id: str
    account_id: str
    catalog_id: str
    publication_id: str
    plan_id: str
    import_id: str
    order_id: str
    action_id: str
    endpoint_id: str
    event_id: str
    case_id: str
    sku: str = "A1"


async def seeded(shop: Shop) -> Seeds:
    """Upload, publish, plan, import listings, sell, ship and test an endpoint."""
    path, desk = f"/v1/stores/{shop.store_id}", Desk(shop)
    catalog = await shop.upload([row("A1"), row("B2"), row("C3", ean="none")])
    publication = await shop.publish()
    plan = await shop.api.post(f"{path}/plans", json={"kind": "offers"})
    await shop.wait_for(plan.headers["Location"], ("ready", "failed"))
    listings = await shop.api.post(f"{path}/listing-imports")
    await shop.wait_for(listings.headers["Location"], ("finished", "failed"))
    await desk.stock()
    order = await desk.new_order("A1")
    action = await desk.act(order, "accept")
    body = {"url": "https://shop.example/events", "store_ids": [shop.store_id]}
    made = await shop.api.post("/v1/webhook-endpoints", json=body)
    endpoint = made.json()
    test = await shop.api.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    store = (await shop.api.get(path)).json()
    case_id = await fetched_case(desk, order["marketplace_id"])
    return Seeds(
        store_id=shop.store_id,
        account_id=store["seller_account_id"],
        catalog_id=catalog["id"],
        publication_id=publication["id"],
        plan_id=plan.json()["id"],
        import_id=listings.json()["id"],
        order_id=order["id"],
        action_id=action["id"],
        endpoint_id=endpoint["id"],
        event_id=test.json()["event_id"],
        case_id=case_id,
    )


async def fetched_case(desk: Desk, number: int) -> str:
    """The id of a service case about the order."""
    await desk.shop.sandbox(
        "POST",
        f"/accounts/{desk.shop.account}/service-cases",
        json={"order_id": number},
    )
    assert isinstance(desk.api, ServiceClient)
    url = desk.api.database_url

    async def cases() -> list[str]:
        due = "UPDATE service_case_sync SET next_at = now()"
        await asyncio.to_thread(query, url, due)
        await desk.sync()
        answer = await desk.api.get("/v1/service-cases")
        return [str(case["id"]) for case in answer.json()["items"]]

    while not (found := await cases()):
        pass
    return found[0]
