"""The steps of the demo: calls of the API, as any client makes them."""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.demo.api import Api, DemoFailedError, Json
from app.demo.catalog import mapping
from app.demo.waiting import Poller

MANY_LINES, MANY_REQUESTS = 1_000_000, 1_000
FINAL_STATES = frozenset({"finished", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Shop:
    """The store of the demo, with the API client and the wait policy."""

    api: Api
    store_id: str
    account_id: str
    poller: Poller

    @property
    def path(self) -> str:
        return f"/v1/stores/{self.store_id}"


def new_token() -> str:
    """Return a made-up token in the form of Back Market's back office."""
    return base64.b64encode(f"demo:BMT-{secrets.token_hex(16)}".encode()).decode()


def open_shop(
    api: Api, token: str, poller: Poller, country: str = "FR", name: str | None = None
) -> Shop:
    """Create a store at the sandbox, with limits that suit a demo."""
    body = {"name": name or f"Demo {country}", "country": country}
    store = api.post("/v1/stores", body)
    settings = api.put(
        f"/v1/stores/{store['id']}/settings",
        {
            "environment": "sandbox",
            "token": token,
            "duplicate_skus": "first",
            # Only the demo's own requests start a publication meanwhile.
            "offers_interval": "P31D",
        },
    )
    account_id = settings["seller_account_id"]
    api.patch(
        f"/v1/seller-accounts/{account_id}",
        {"lines_per_hour": MANY_LINES, "requests_per_10s": MANY_REQUESTS},
    )
    return Shop(api, store["id"], account_id, poller)


def upload(shop: Shop, content: bytes, filename: str) -> Json:
    """Upload a catalog and wait until it is imported."""
    catalog = shop.api.upload(f"{shop.path}/catalogs", content, filename)
    return wait_for_catalog(shop, catalog["id"], {"ready", "awaiting_mapping"})


def wait_for_catalog(shop: Shop, catalog_id: str, states: set[str]) -> Json:
    catalog = shop.poller.until(
        lambda: shop.api.get(f"/v1/catalogs/{catalog_id}"),
        lambda seen: seen["state"] in states | {"rejected"},
        "importing the catalog",
    )
    if catalog["state"] == "rejected":
        raise DemoFailedError(f"The catalog was rejected: {catalog['rejection']}")
    return catalog


def attributes(shop: Shop) -> list[Json]:
    return items(shop.api.get("/v1/channel/attributes"))


def lights(shop: Shop) -> Json:
    return shop.api.get(f"{shop.path}/lights")


def configure(shop: Shop, catalog_id: str) -> Json:
    """Set categories and mapping; the waiting catalog is then imported."""
    shop.api.put(f"{shop.path}/categories", mapping.categories())
    shop.api.put(f"{shop.path}/mapping", mapping.mapping())
    return wait_for_catalog(shop, catalog_id, {"ready"})


def activate(shop: Shop) -> Json:
    return shop.api.put(f"{shop.path}/activation")


def deactivate(shop: Shop) -> Json:
    return shop.api.delete(f"{shop.path}/activation")


def import_listings(shop: Shop) -> Json:
    """Import the live listings and return the result."""
    path = f"{shop.path}/listing-imports"
    requested = shop.api.post(path, {})
    done = shop.poller.until(
        lambda: shop.api.get(f"{path}/{requested['id']}"),
        lambda seen: seen["state"] in FINAL_STATES,
        "importing the live listings",
    )
    if done["state"] != "finished":
        raise DemoFailedError(f"The listing import failed: {done['reason']}")
    return done


def create_plan(shop: Shop) -> Json:
    """Create a plan and return it with its counts."""
    requested = shop.api.post(f"{shop.path}/plans", {"kind": "offers"})
    plan = shop.poller.until(
        lambda: shop.api.get(f"/v1/plans/{requested['id']}"),
        lambda seen: seen["state"] != "requested",
        "planning",
    )
    if plan["state"] != "ready":
        raise DemoFailedError(f"The plan failed: {plan['reason']}")
    return plan


def publish(
    shop: Shop,
    on_progress: Callable[[Json], None] = lambda _: None,
    plan_id: str | None = None,
) -> Json:
    """Request a publication, of a plan if given; follow it, return its report."""
    body = {"kind": "offers", "plan_id": plan_id}
    requested = shop.api.post(f"{shop.path}/publications", body)
    report = shop.poller.until(
        lambda: shop.api.get(f"/v1/publications/{requested['id']}"),
        lambda seen: seen["state"] in FINAL_STATES,
        "publishing",
        on_progress,
    )
    if report["state"] != "finished":
        raise DemoFailedError(
            f"The publication is {report['state']} instead of finished: "
            f"{report['reason']}"
        )
    return report


def row_problems(shop: Shop, catalog: Json) -> list[tuple[int, Json]]:
    """Return each kind of problem: the number of rows, and the first of them."""
    path = f"/v1/catalogs/{catalog['id']}/rows"
    found = []
    for code, number in sorted(
        catalog["problem_counts"].items(), key=lambda pair: (-pair[1], pair[0])
    ):
        first = items(shop.api.get(f"{path}?problem={code}&limit=1"))
        if not first:
            raise DemoFailedError(f"{number} rows have {code}, but none is listed.")
        found.append((number, first[0]))
    return found


def error_groups(shop: Shop, publication: Json) -> list[Json]:
    return items(shop.api.get(f"/v1/publications/{publication['id']}/errors"))


def submissions(shop: Shop, publication: Json) -> list[Json]:
    return items(shop.api.get(f"/v1/publications/{publication['id']}/submissions"))


def change_of(shop: Shop, publication: Json, sku: str) -> Json | None:
    """Return the change of one SKU; None if nothing was sent for it."""
    path = f"/v1/publications/{publication['id']}/changes"
    found = items(shop.api.get(f"{path}?sku={sku}"))
    return found[0] if found else None


def items(page: Json) -> list[Any]:
    found: list[Any] = page["items"]
    return found
