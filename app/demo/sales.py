"""The order part of the demo: stores in three countries, purchases, order sync."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

from app.demo import steps
from app.demo.api import Api, DemoFailedError, Json
from app.demo.steps import Shop, items
from app.demo.waiting import Patience

BRANCHES = ("DE", "ES")
"""Countries of the same seller account, besides France."""
DEARER = Decimal("1.05")
FEW = 3
COLUMNS = ("sku", "ean", "price", "quantity", "grade", "category")
OVER = frozenset({"done", "failed"})
ENDED = frozenset({"done", "reconciled", "refused", "failed"})


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase at the sandbox."""

    country: str
    sku: str


def goods_for_sale(shop: Shop) -> list[Json]:
    """A few published offers with at least two pieces."""
    found = items(shop.api.get(f"{shop.path}/offers?state=published&limit=200"))
    chosen = [one for one in found if one["desired"]["quantity"] > 1][:FEW]
    if len(chosen) < FEW:
        raise DemoFailedError(f"Only {len(chosen)} published offers have stock.")
    return chosen


def open_branch(
    api: Api, token: str, patience: Patience, country: str, goods: Sequence[Json]
) -> Shop:
    """Open a store of the same seller account: own prices, shared stock."""
    shop = steps.open_shop(api, token, patience, country)
    api.put(
        f"{shop.path}/mapping",
        {"attributes": {name: {"column": name} for name in COLUMNS}},
    )
    api.put(
        f"{shop.path}/categories",
        {"items": [{"source": "Phones", "category_id": 1101, "cpa": "10.00"}]},
    )
    catalog = steps.upload(shop, _catalog(goods), f"{country.lower()}.csv")
    if catalog["state"] != "ready":
        raise DemoFailedError(f"The catalog of {country} is {catalog['state']}.")
    steps.activate(shop)
    return shop


def _catalog(goods: Sequence[Json]) -> bytes:
    lines = [";".join(COLUMNS)]
    for one in goods:
        wanted = one["desired"]
        price = (Decimal(wanted["price"]) * DEARER).quantize(Decimal("0.01"))
        cells = (one["sku"], wanted["ean"], price, wanted["quantity"], wanted["grade"])
        lines.append(";".join(map(str, (*cells, "Phones"))))
    return "\n".join(lines).encode()


def buy(other_side: Api, token: str, purchases: Sequence[Purchase]) -> None:
    """Make purchases through the sandbox's control API; it lowers the stock."""
    for each in purchases:
        other_side.post(
            f"/_sandbox/accounts/{quote(token, safe='')}/orders",
            {"country": each.country, "lines": [{"sku": each.sku, "quantity": 1}]},
        )


def sync(shop: Shop) -> Json:
    """Sync the orders of the whole seller account now."""
    path = f"{shop.path}/orders/sync"
    shop.api.post(path, {})
    found = shop.patience.until(
        lambda: shop.api.get(path),
        lambda seen: seen["state"] in OVER,
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
    asked = shop.api.post(f"{path}/{action}", body)
    ended = shop.patience.until(
        lambda: shop.api.get(f"{path}/actions/{asked['id']}"),
        lambda seen: seen["state"] in ENDED,
        f"to {action} an order",
    )
    return str(ended["state"])


def stock_at_the_sandbox(other_side: Api, token: str, sku: str) -> int:
    """Return the sandbox's quantity of one SKU."""
    account, name = quote(token, safe=""), quote(sku, safe="")
    found = other_side.get(f"/_sandbox/listings?account={account}&sku={name}")
    (listings,) = found["accounts"].values()
    return int(listings[0]["quantity"])
