"""Pictures of the console's pages, from the demo's data: `make screenshots`.

`python -m tests.browser.screenshots FOLDER` runs the demo's chapters, signs in as a
person would, and writes one PNG per page, wide and light; the overview also narrow and
dark.
"""

import asyncio
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright
from rich.console import Console

from app.demo.checks import Checks
from app.demo.stack import Stack, running_stack, temporary_folder
from app.demo.tour import Tour
from app.settings import load_settings
from tests.support.browser import browser_path

ROWS = 300
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Shot:
    """A page, and how it is seen."""

    name: str
    path: str
    is_narrow: bool = False
    scheme: str = "light"


def shots(stack: Stack) -> Iterator[Shot]:
    """The pages of the store that has published most."""
    stores = stack.api.get("/v1/stores")["items"]
    runs = stack.api.get("/v1/publications")["items"]
    store = max(stores, key=lambda each: sum(r["store_id"] == each["id"] for r in runs))
    of_store = [run for run in runs if run["store_id"] == store["id"]]
    longest = max(of_store, key=lambda run: str(run.get("counts")))
    at = f"/console/stores/{store['id']}"
    yield Shot("overview", "/console/")
    yield Shot("overview-narrow", "/console/", is_narrow=True, scheme="dark")
    yield Shot("publications", f"{at}/publications")
    yield Shot("publication", f"/console/publications/{longest['id']}")
    yield Shot("offers", f"{at}/offers")
    yield Shot("orders", f"{at}/orders")
    yield Shot("orders-narrow", f"{at}/orders", is_narrow=True)
    yield Shot("settings", f"{at}/settings")
    yield Shot("settings-dark", f"{at}/settings", scheme="dark")


async def take_all(stack: Stack, key: str, folder: Path) -> None:
    async with async_playwright() as driver:
        path = browser_path()
        browser = await driver.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        for shot in shots(stack):
            await _take(browser, stack, key, shot, folder)
        await browser.close()


async def _take(
    browser: Browser, stack: Stack, key: str, shot: Shot, folder: Path
) -> None:
    page = await browser.new_page(
        base_url=stack.api.url,
        viewport=NARROW if shot.is_narrow else WIDE,
        color_scheme=shot.scheme,  # type: ignore[arg-type]
        locale="en-GB",
        timezone_id="Europe/Paris",
    )
    await _sign_in(page, key)
    await page.goto(shot.path, wait_until="networkidle")
    await page.screenshot(path=folder / f"{shot.name}.png")
    await page.close()


async def _sign_in(page: Page, key: str) -> None:
    await page.goto("/console/sign-in")
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/console/")


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    quiet = Console(file=io.StringIO(), width=140)
    settings = load_settings()
    with temporary_folder() as place, running_stack(settings, place) as stack:
        Tour(quiet, stack, ROWS, Checks(quiet)).run()
        asyncio.run(take_all(stack, stack.api.key, folder))


if __name__ == "__main__":
    main()
