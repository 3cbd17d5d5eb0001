"""Orders in a real browser: accept and ship many, hostile titles, a lost connection."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from app.console.orders.place import Place
from app.core.tls import tls_context
from tests.browser.conftest import NARROW, Service, Visitor
from tests.orders.desk import Desk
from tests.support.patience import PATIENCE
from tests.support.shop import open_shop
from tests.support.stack import ADMIN_KEY

pytestmark = pytest.mark.asyncio(loop_scope="session")
TITLE = "<img src=x onerror=alert(1)><b>Galaxy</b> S21"
STOCK = [
    {"sku": sku, "title": title, "quantity": 99, "markets": {"FR": {"price": "289.00"}}}
    for sku, title in (("A1", TITLE), ("B2", "iPhone 12 64 GB"))
]
LOST = "The connection is lost"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(service: Service) -> AsyncIterator[Desk]:
    """Three paid orders."""
    headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
    async with httpx.AsyncClient(
        base_url=service.url, headers=headers, verify=tls_context(), timeout=PATIENCE
    ) as api:
        shop = await open_shop(api, service.sandbox_url, active=False, imported=False)
        path = f"/accounts/{shop.account}/listings"
        await shop.sandbox("POST", path, json={"listings": STOCK})
        desk = Desk(shop)
        for skus in (("A1",), ("A1", "B2"), ("B2",)):
            await desk.buy(*skus)
        await desk.sync()
        yield desk


def url_of(desk: Desk) -> str:
    return Place(desk.shop.store_id).url


async def test_many_orders_are_accepted_and_shipped(admin: Visitor, desk: Desk):
    page = admin.page
    await admin.open(url_of(desk))
    await page.get_by_label("Choose all on this page").check()
    await page.get_by_role("button", name="Accept chosen").click()
    await expect(
        page.get_by_text("promise Back Market to deliver 3 orders")
    ).to_be_visible()
    await page.get_by_role("button", name="Accept 3 orders").click()
    await expect(page.locator("#actions .badge-good")).to_have_count(3)

    await page.get_by_role("link", name="Back to the orders").click()
    await page.get_by_label("Choose all on this page").check()
    await page.get_by_role("button", name="Ship chosen").click()
    for at in range(2):
        box = page.get_by_label("Tracking number of order").nth(at)
        await box.fill(f"XY{at}23FR")
    await page.get_by_label("Carrier for all").fill("colissimo")
    await page.get_by_role("button", name="Check and confirm").click()
    await expect(page.get_by_text("informed that 2 parcels left")).to_be_visible()
    assert await admin.accessibility_problems() == []
    await page.get_by_role("button", name="Ship 2 orders").click()
    await expect(page.locator("#actions .badge-good")).to_have_count(2)

    found = await desk.listed(store_id=desk.shop.store_id)
    assert sorted(o["tracking_number"] or "" for o in found) == [
        *("", "XY023FR", "XY123FR")
    ]


async def test_a_title_with_markup_is_text(admin: Visitor, desk: Desk):
    page = admin.page
    await page.set_viewport_size(NARROW)
    await admin.open(url_of(desk))
    assert await admin.accessibility_problems() == []
    await expect(page.get_by_text(TITLE).first).to_be_visible()
    assert await page.locator("main img").count() == 0

    await page.get_by_role("link", name="70").first.click()

    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    assert await page.locator("main img").count() == 0
    assert await admin.accessibility_problems() == []
    await admin.open(f"{url_of(desk)}/totals")
    await expect(page.get_by_role("img", name="Orders a day")).to_be_visible()
    assert await admin.accessibility_problems() == []


async def test_a_list_that_loses_its_connection_goes_on_later(
    admin: Visitor, desk: Desk
):
    """The first refresh finds no network; the next one shows the results."""
    page = admin.page
    parts = "**/orders/actions?*"
    await page.route(parts, lambda route: route.abort())
    await admin.open(url_of(desk))
    await page.get_by_label("Choose all on this page").check()
    await page.get_by_role("button", name="Accept chosen").click()
    await page.get_by_role("button", name="Accept 3 orders").click()
    await expect(page.get_by_text(LOST)).to_be_visible()
    await page.unroute(parts)

    await expect(page.locator("#actions .badge-good")).to_have_count(3)
    await expect(page.get_by_text(LOST)).to_be_hidden()
