"""From nothing to a first publication, as a person does it in the browser."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.support.shop import as_csv, fresh_token, introduce, row

pytestmark = pytest.mark.asyncio(loop_scope="session")
STORE = "<b>Phones</b> & Co"


async def test_a_seller_gets_from_a_token_to_a_first_publication(admin: Visitor):
    token, page = fresh_token("console"), admin.page
    await introduce(admin.service.sandbox_url, token)
    await admin.open("/console/first-steps")
    await page.get_by_label("Name").fill(STORE)
    await page.get_by_label("Country").select_option("FR")
    await page.get_by_role("button", name="Create the store").click()

    await page.get_by_label("Environment").select_option("sandbox")
    await page.get_by_label("Token", exact=True).fill(token)
    await page.get_by_role("button", name="Save and check").click()
    # The import of listings goes on by itself; then the page shows the next step.
    await expect(page.get_by_role("heading", name="Catalog")).to_be_visible()

    rows = as_csv([row("A-1"), row("A-2", quantity=3), row("A-3", ean="1")])
    await page.get_by_label("Drop the file here").set_input_files(
        {"name": "stock.csv", "mimeType": "text/csv", "buffer": rows}
    )
    await page.get_by_role("button", name="Upload").click()

    await expect(page.get_by_role("heading", name="Mapping")).to_be_visible()
    await expect(page.get_by_label("Price", exact=True)).to_have_value("price")
    assert await admin.accessibility_problems() == []
    await page.get_by_role("button", name="Save the mapping").click()

    await expect(page.get_by_role("heading", name="Categories")).to_be_visible()
    # The catalog is read with the mapping; then the page shows its categories.
    choice = page.get_by_label("Category for Phones", exact=True)
    await choice.select_option("1101")
    await page.get_by_role("button", name="Save the categories").click()

    await page.get_by_role("button", name="Make the plan").click()
    opener = page.get_by_role("button", name="Activate and publish")
    await expect(opener).to_be_visible()
    assert await admin.accessibility_problems() == []
    await opener.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("This plan is sent to Back Market now")
    await dialog.get_by_role("button", name="Activate and publish").click()

    await expect(page.locator("#run")).to_contain_text("finished")
    await expect(page.get_by_role("cell", name="A-1", exact=True)).to_be_visible()
    await expect(page.locator(".badge-good", has_text="accepted")).to_have_count(2)
    await expect(page.get_by_text(f"Publications of {STORE}")).to_be_visible()
    assert await page.locator("main b").count() == 0
