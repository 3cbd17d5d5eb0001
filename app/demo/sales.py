"""The order part of the demo: stores in three countries, purchases, order sync."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from app.demo import steps
from app.demo.api import Api, DemoFailedError, Json
from app.demo.steps import Shop, items
from app.demo.waiting import Poller

OTHER_COUNTRIES = ("DE", "ES")
"""Countries of the same seller account, besides France."""
PRICE_FACTOR = Decimal("1.05")
OFFER_COUNT = 3
COLUMNS = ("sku", "ean", "price", "quantity", "grade", "category")
FINAL_STATES = frozenset({"done", "failed"})
FINAL_ACTION_STATES = frozenset({"done", "reconciled", "refused", "failed"})


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase at the sandbox."""

    country: str
    sku: str


def offers_for_sale(shop: Shop) -> list[Json]:
    """A few published offers with at least two pieces."""
    found = items(shop.api.get(f"{shop.path}/offers?state=published&limit=200"))
    chosen = [one for one in found if one["desired"]["quantity"] > 1][:OFFER_COUNT]
    if len(chosen) < OFFER_COUNT:
        raise DemoFailedError(f"Only {len(chosen)} published offers have stock.")
    return chosen


def open_country(
    api: Api, token: str, poller: Poller, country: str, offers: Sequence[Json]
) -> Shop:
    """Open a store of the same seller account: own prices, shared stock."""
    shop = steps.open_shop(api, token, poller, country)
    api.put(
        f"{shop.path}/mapping",
        {"attributes": {name: {"column": name} for name in COLUMNS}},
    )
    api.put(
        f"{shop.path}/categories",
        {"items": [{"source": "Phones", "category_id": 1101, "cpa": "10.00"}]},
    )
    catalog = steps.upload(shop, _catalog(offers), f"{country.lower()}.csv")
    if catalog["state"] != "ready":
        raise DemoFailedError(f"The catalog of {country} is {catalog['state']}.")
    steps.activate(shop)
    return shop


def _catalog(offers: Sequence[Json]) -> bytes:
    lines = [";".join(COLUMNS)]
    for one in offers:
        expected = one["desired"]
        price = (Decimal(expected["price"]) * PRICE_FACTOR).quantize(Decimal("0.01"))
        cells = (
            one["sku"],
            expected["ean"],
            price,
            expected["quantity"],
            expected["grade"],
        )
        lines.append(";".join(map(str, (*cells, "Phones"))))
    return "\n".join(lines).encode()


def buy(sandbox: Api, token: str, purchases: Sequence[Purchase]) -> None:
    """Make purchases through the sandbox's control API; it lowers the stock."""
    for each in purchases:
        sandbox.post(
            f"/_sandbox/accounts/{quote(token, safe='')}/orders",
            {"country": each.country, "lines": [{"sku": each.sku, "quantity": 1}]},
        )


def sync(shop: Shop) -> Json:
    """Sync the orders of the whole seller account now."""
    path = f"{shop.path}/orders/sync"
    shop.api.post(path, {})
    found = shop.poller.until(
        lambda: shop.api.get(path),
        lambda seen: seen["state"] in FINAL_STATES,
        "fetching orders",
    )
    if found["state"] != "done":
        raise DemoFailedError(f"The order sync failed: {found['message']}")
    return found


def orders_of(api: Api, country: str) -> list[Json]:
    return items(api.get(f"/v1/orders?country={country}"))


def act(shop: Shop, order: Json, action: str, body: Json) -> str:
    """Execute an action on an order and return its final state."""
    path = f"/v1/orders/{order['id']}"
    requested = shop.api.post(f"{path}/{action}", body)
    ended = shop.poller.until(
        lambda: shop.api.get(f"{path}/actions/{requested['id']}"),
        lambda seen: seen["state"] in FINAL_ACTION_STATES,
        f"to {action} an order",
    )
    return str(ended["state"])


def sandbox_stock(sandbox: Api, token: str, sku: str) -> int:
    """Return the sandbox's quantity of one SKU."""
    account, name = quote(token, safe=""), quote(sku, safe="")
    found = sandbox.get(f"/_sandbox/listings?account={account}&sku={name}")
    (listings,) = found["accounts"].values()
    return int(listings[0]["quantity"])
