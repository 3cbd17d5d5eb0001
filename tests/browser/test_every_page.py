"""What holds for each page: no serious finding of axe, wide and narrow, in the dark."""

from collections.abc import Mapping

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import NARROW, WIDE, Service, visitor_of

pytestmark = pytest.mark.asyncio(loop_scope="session")

PAGES = (
    "/console/",
    "/console/no-such-page",
    "/console/first-steps",
    "/console/stores/{store}/first-steps",
    "/console/publications",
    "/console/stores/{store}/publications",
    "/console/offers",
    "/console/stores/{store}/offers",
    "/console/stores/{store}/offers/unmatched",
    "/console/orders",
    "/console/orders/totals",
    "/console/stores/{store}/orders",
    "/console/stores/{store}/orders/tracking",
    "/console/settings",
    "/console/stores/{store}/settings",
    "/console/stores/{store}/settings/brake",
    "/console/settings/keys",
    "/console/settings/accounts",
    "/console/settings/webhooks",
    "/console/settings/audit",
    "/console/stores/{store}/settings/source",
    "/console/stores/{store}/settings/drift",
    "/console/stores/{store}/settings/alerts",
    "/console/stores/{store}/settings/leaving",
    "/console/stores/{store}/settings/automations",
    "/console/stores/{store}/settings/mapping",
    "/console/stores/{store}/settings/mapping/preview",
    "/console/stores/{store}/settings/mapping/attributes/price",
    "/console/stores/{store}/settings/mapping/filters/0",
    "/console/stores/{store}/settings/categories",
    "/console/stores/{store}/settings/categories/edit?source=Phones",
    "/console/stores/{store}/settings/versions",
    "/console/stores/{store}/settings/activation",
)
"""`{store}` is a store of the test."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1280", "390"])
async def test_axe_finds_nothing_serious(
    service: Service, browser: Browser, size: Mapping[str, int], scheme: str
):
    store = service.create_store("Phones & <b>more</b>")["id"]
    found = {}
    async with visitor_of(service, browser, color_scheme=scheme) as someone:
        await someone.page.set_viewport_size(size)
        await someone.open("/console/sign-in")
        found["/console/sign-in"] = await someone.accessibility_problems()
        await someone.sign_in()
        for path in PAGES:
            await someone.open(path.format(store=store))
            found[path] = await someone.accessibility_problems()

    assert {path: problems for path, problems in found.items() if problems} == {}
