"""A page that shows progress survives a lost connection, and says so."""

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Visitor
from tests.support.shop import account_of, control, fresh_token, introduce

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_lost_connection_is_named_and_recovers(admin: Visitor):
    page, service, token = admin.page, admin.service, fresh_token("lost")
    await introduce(service.sandbox_url, token)
    faults = "/_sandbox/faults"
    hold = {"kind": "slow_answer", "account": account_of(token), "seconds": 600}
    store = service.create_store("Lost")
    path = f"/v1/stores/{store['id']}"
    service.api.put(f"{path}/settings", json={"environment": "sandbox", "token": token})
    lost = True

    async def answer(route: Route) -> None:
        await (route.abort() if lost else route.continue_())

    async with control(service.sandbox_url) as sandbox:
        assert (await sandbox.post(faults, json=hold)).status_code < 300
        await page.route("**/listings/fragment", answer)
        await admin.open(f"/console/stores/{store['id']}/first-steps")
        await page.get_by_role("button", name="Read what is online").click()
        await expect(page.get_by_text("The connection is lost")).to_be_visible()
        lost = False
        await expect(page.get_by_text("The connection is lost")).to_be_hidden()
        await sandbox.delete(faults)

    await expect(page.get_by_role("heading", name="Catalog")).to_be_visible()
