"""Signing in with a real browser: by keyboard, with wrong keys, after revocation."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visitor
from tests.support.stack import ADMIN_KEY

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_keyboard_is_enough_to_sign_in(visitor: Visitor):
    page = visitor.page
    await visitor.open("/console/")
    await expect(page.get_by_label("API key")).to_be_focused()
    await page.keyboard.type(ADMIN_KEY)
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_a_wrong_key_is_named_at_its_field(visitor: Visitor):
    page = visitor.page
    await visitor.open("/console/sign-in")
    await page.get_by_label("API key").fill("refeed_wrong")
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_label("API key")).to_have_accessible_description(
        "This key is not valid: it is mistyped, revoked or expired. The console can do "
        "what this key may do, for 12 hours. The first key is the operator's admin key."
    )
    assert "refeed_wrong" not in await page.content()
    assert await visitor.accessibility_problems() == []


async def test_a_key_that_is_revoked_leads_to_the_sign_in_page(visitor: Visitor):
    key = visitor.service.issue_key(scope="read")
    await visitor.sign_in(key["key"])
    visitor.service.api.delete(f"/v1/api-keys/{key['id']}")

    await visitor.page.reload()

    await expect(visitor.page.get_by_text("was revoked or has expired")).to_be_visible()
    assert "next=%2Fconsole%2F" in visitor.page.url


async def test_a_session_that_has_ended_leads_to_the_sign_in_page(admin: Visitor):
    (cookie,) = await admin.context.cookies(f"{admin.service.url}/console/")
    await admin.context.clear_cookies()
    await admin.context.add_cookies([{**cookie, "value": cookie["value"][:-1]}])

    await admin.page.reload()

    await expect(admin.page.get_by_text("Your session has ended")).to_be_visible()


async def test_no_script_can_read_the_session(admin: Visitor):
    assert await admin.page.evaluate("document.cookie") == ""
    assert ADMIN_KEY not in await admin.page.content()


async def test_signing_out_ends_at_the_sign_in_page(admin: Visitor):
    await admin.page.locator(".me-menu summary").click()
    await admin.page.get_by_role("button", name="Sign out").click()

    await expect(admin.page.get_by_text("You are signed out")).to_be_visible()
