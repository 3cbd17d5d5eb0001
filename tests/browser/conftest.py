"""Chromium, and one running service for all tests of a process: real API and worker."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    async_playwright,
    expect,
)

from app.core.tls import tls_context
from app.embedded.servers import EmbeddedServers
from tests.support.browser import browser_path
from tests.support.databases import Databases
from tests.support.patience import PATIENCE
from tests.support.serving import served
from tests.support.stack import ADMIN_KEY, WorkerProcess, settings_for

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
EXPECTED_NOISE = re.compile(r"Failed to load resource")
"""What Chromium writes about each response of 400 and above."""
SERIOUS = {"serious", "critical"}
expect.set_options(timeout=PATIENCE * 1000)


@dataclass(slots=True)
class Service:
    """The service that the browser opens, and the API for what a test prepares."""

    url: str
    sandbox_url: str
    database_url: str
    api: httpx.Client = field(repr=False)

    def create_store(self, name: str = "Shop", country: str = "FR") -> dict[str, Any]:
        answer = self.api.post("/v1/stores", json={"name": name, "country": country})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def issue_key(self, **wanted: Any) -> dict[str, Any]:
        answer = self.api.post("/v1/api-keys", json={"name": "k", **wanted})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@pytest.fixture(scope="session")
def service(
    databases: Databases,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """One for all: each test has stores and keys of its own."""
    url, folder = databases.take(), tmp_path_factory.mktemp("console")
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    settings = settings_for(url, redis_url, sandbox_url, folder)
    worker = WorkerProcess(settings)
    with served(settings) as (_, address):
        worker.start()
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        with httpx.Client(
            base_url=address, headers=headers, verify=tls_context(), timeout=PATIENCE
        ) as api:
            yield Service(address, sandbox_url, url, api)
        worker.stop()
    databases.give_back(url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    sandboxed = os.geteuid() != 0
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=browser_path(), chromium_sandbox=sandboxed
        )
        yield running
        await running.close()


@dataclass(slots=True)
class Visitor:
    """A person at a browser. What the browser complains about fails the test."""

    service: Service
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.service.url}{path}")

    async def sign_in(self, key: str = ADMIN_KEY, path: str = "/console/") -> None:
        await self.open(path)
        await self.page.get_by_label("API key").fill(key)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.wait_for_url(f"{self.service.url}{path}")

    async def accessibility_problems(self) -> list[str]:
        """Serious findings of axe, and a page that is wider than its window."""
        found = (await Axe().run(self.page)).response["violations"]
        problems = [
            f"{each['id']}: {node['html'][:200]}"
            for each in found
            if each["impact"] in SERIOUS
            for node in each["nodes"]
        ]
        script = "document.documentElement.scrollWidth - window.innerWidth"
        if (wider := await self.page.evaluate(script)) > 0:
            problems.append(f"{wider} px wider than the window")
        return problems


@asynccontextmanager
async def visitor_of(
    service: Service, browser: Browser, **options: Any
) -> AsyncIterator[Visitor]:
    context = await browser.new_context(locale="en-GB", viewport=WIDE, **options)
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    someone = Visitor(service, context, page)
    note = someone.complaints.append
    page.on("pageerror", lambda error: note(f"script: {error}"))
    page.on(
        "console",
        lambda said: (
            note(said.text)
            if said.type == "error" and not EXPECTED_NOISE.search(said.text)
            else None
        ),
    )
    yield someone
    await context.close()
    assert someone.complaints == []


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(service: Service, browser: Browser) -> AsyncIterator[Visitor]:
    """Not signed in."""
    async with visitor_of(service, browser) as someone:
        yield someone


@pytest_asyncio.fixture(loop_scope="session")
async def admin(visitor: Visitor) -> Visitor:
    """Signed in with the admin's key, at the overview."""
    await visitor.sign_in()
    return visitor
