"""The settings with a real browser: a token that is checked, markup in a name."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.conftest import NARROW, Visitor
from tests.publications.watching import eventually
from tests.support.shop import MAPPING, as_csv, control, fresh_token, introduce, row

pytestmark = pytest.mark.asyncio(loop_scope="session")
MARKUP = "<img src=x onerror=alert(1)> & <b>Sons</b>"


async def test_a_token_is_checked_while_the_page_is_open(admin: Visitor):
    token, page = fresh_token(), admin.page
    await introduce(admin.service.sandbox_url, token)
    store = admin.service.create_store()
    await admin.open(f"/console/stores/{store['id']}/settings")
    await page.get_by_label("New token").fill(token)
    await page.get_by_label("Environment").select_option("sandbox")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_text("API settings: saved.")).to_be_visible()
    await expect(page.get_by_text("accepts the token")).to_be_visible()
    assert token not in await page.content()


async def test_a_refused_token_is_shown_as_such(admin: Visitor):
    page, token = admin.page, fresh_token()
    await introduce(admin.service.sandbox_url, token)
    async with control(admin.service.sandbox_url) as sandbox:
        await sandbox.post("/_sandbox/tokens/revoke", json={"token": token})
    store = admin.service.create_store()
    await admin.open(f"/console/stores/{store['id']}/settings")
    await page.get_by_label("New token").fill(token)
    await page.get_by_label("Environment").select_option("sandbox")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_text("does not accept the token")).to_be_visible()


async def test_markup_in_a_store_name_is_text(admin: Visitor):
    store = admin.service.create_store(MARKUP)

    for page in ("/settings", "/settings/activation"):
        await admin.open(f"/console/stores/{store['id']}{page}")
        await expect(admin.page.locator(".side-menu-title").first).to_have_text(MARKUP)
    assert await admin.page.locator("img").count() == 0


async def test_a_key_that_is_revoked_while_a_form_is_open_saves_nothing(
    visitor: Visitor,
):
    service = visitor.service
    store, key = service.create_store(), service.issue_key(scope="write")
    await visitor.sign_in(key["key"], f"/console/stores/{store['id']}/settings/brake")
    service.api.delete(f"/v1/api-keys/{key['id']}")

    await visitor.page.get_by_role("button", name="Save").click()

    await expect(visitor.page.get_by_text("was revoked or has expired")).to_be_visible()


async def test_the_menu_shows_where_one_is_on_a_narrow_screen(admin: Visitor):
    store = admin.service.create_store()
    await admin.page.set_viewport_size(NARROW)
    await admin.open(f"/console/stores/{store['id']}/settings/activation")

    current = admin.page.locator(".side-menu [aria-current]")
    await expect(current).to_be_in_viewport()


async def a_store_with_a_catalog(visitor: Visitor) -> str:
    api, store = visitor.service.api, visitor.service.create_store()["id"]
    api.put(f"/v1/stores/{store}/mapping", json=MAPPING)
    api.post(
        f"/v1/stores/{store}/catalogs",
        content=as_csv([row("A-1", price="100"), row("A-2", price="<b>none</b>")]),
        headers={"Content-Type": "text/csv", "Idempotency-Key": store},
    )

    async def is_imported() -> bool:
        return bool(api.get(f"/v1/stores/{store}").json()["current_catalog_id"])

    await eventually(is_imported)
    return str(store)


async def test_a_rule_is_added_previewed_and_saved(admin: Visitor):
    page, store = admin.page, await a_store_with_a_catalog(admin)
    await admin.open(f"/console/stores/{store}/settings/mapping")
    await page.get_by_role("link", name="Price", exact=True).click()
    await page.get_by_label("Add a step").select_option("percent")
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_label("By optional").fill("5")
    await page.get_by_role("button", name="Preview on your rows").click()

    await expect(page.get_by_role("cell", name="105.00")).to_be_visible()
    await expect(page.get_by_text("price: <b>none</b>")).to_be_visible()
    assert await admin.accessibility_problems() == []
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("column price, 1 step")).to_be_visible()


async def test_a_key_is_shown_once_and_revoked_after_a_question(admin: Visitor):
    page, name = admin.page, f"Ann {uuid4().hex[:6]} <i>&</i>"
    await admin.open("/console/settings/keys")
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("button", name="Create the key").click()
    key = await page.locator("#secret").inner_text()
    assert await admin.accessibility_problems() == []

    await admin.open("/console/settings/keys")
    assert key not in await page.content()
    row_of_key = page.get_by_role("row").filter(has_text=name)
    await row_of_key.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog", name=f"Revoke the key of {name}?")
    await expect(dialog).to_contain_text("This cannot be undone")
    await dialog.get_by_role("button", name="Keep as it is").click()
    await expect(dialog).to_be_hidden()
    await row_of_key.get_by_role("button", name="Revoke").click()
    await dialog.get_by_role("button", name="Revoke").click()

    await expect(row_of_key.get_by_text("revoked")).to_be_visible()


async def test_a_webhook_shows_its_secret_once(admin: Visitor):
    page = admin.page
    await admin.open("/console/settings/webhooks")
    await page.get_by_label("URL").fill("https://erp.example/hook")
    await page.get_by_role("button", name="Create the endpoint").click()

    await expect(page.locator("#secret")).to_contain_text("whsec_")
    assert await admin.accessibility_problems() == []
