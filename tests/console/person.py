"""A person at the console without a browser: cookies, forms, redirects."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from tests.support.patience import PATIENCE
from tests.support.stack import ADMIN_KEY

ORIGIN = {"Origin": "http://refeed"}
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass(slots=True)
class Person:
    """Sends what a browser would send."""

    client: httpx.AsyncClient

    async def sign_in(self, key: str = ADMIN_KEY, **more: str) -> httpx.Response:
        return await self.client.post(
            "/console/sign-in", data={"key": key, **more}, headers=ORIGIN
        )

    async def open(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def submit(
        self, page: httpx.Response, path: str, **values: Any
    ) -> httpx.Response:
        """Send a form of the page, with the hidden fields that it has."""
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
        return await self.client.post(path, data=hidden | values, headers=ORIGIN)


@asynccontextmanager
async def person_at(api: httpx.AsyncClient) -> AsyncIterator[Person]:
    """A person who has no key yet."""
    async with httpx.AsyncClient(
        transport=api._transport, base_url="http://refeed", timeout=PATIENCE
    ) as client:
        client.headers["Accept-Language"] = "en"
        yield Person(client)
