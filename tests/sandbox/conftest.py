"""A seller at the sandbox, with a clock that tests control."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest

from app.sandbox.main import Sandbox, create_sandbox
from app.sandbox.options import SandboxOptions


def token(client: str = "shop") -> str:
    return base64.b64encode(f"{client}:BMT-secret".encode()).decode()


def ean(number: int, prefix: str = "30") -> str:
    """Return a GTIN-13 with a valid check digit."""
    digits = f"{prefix}{number:0{12 - len(prefix)}}"
    odd, even = digits[-1::-2], digits[-2::-2]
    return digits + str(-(sum(map(int, odd)) * 3 + sum(map(int, even))) % 10)


class Shop:
    """A client of one seller that calls the sandbox over ASGI."""

    def __init__(self, options: SandboxOptions | None = None) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []
        self.sandbox: Sandbox = create_sandbox(
            options or SandboxOptions(limits_on=False),
            clock=lambda: self.now,
            sleep=self._sleep,
        )
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.sandbox),
            base_url="https://sandbox.test",
            headers={"Authorization": f"Basic {token()}", "Accept-Language": "fr-fr"},
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.sleep_through()

    async def sleep_through(self) -> object:
        """No time passes."""

    async def get(self, path: str, locale: str = "fr-fr", **query) -> httpx.Response:
        headers = {"Accept-Language": locale}
        return await self.http.get(path, headers=headers, params=query)

    async def update(self, reference, locale: str = "fr-fr", **fields):
        headers = {"Accept-Language": locale}
        path = f"/ws/listings/{reference}"
        return await self.http.post(path, headers=headers, json=fields)

    async def batch(self, catalog: str, locale: str = "fr-fr", **more):
        headers = {"Accept-Language": locale}
        body = {
            "catalog": catalog,
            "delimiter": ";",
            "quotechar": '"',
            "encoding": "utf-8",
            **more,
        }
        return await self.http.post("/ws/listings", headers=headers, json=body)

    async def task(self, number: int) -> dict:
        return (await self.http.get(f"/ws/tasks/{number}")).json()

    async def done(self, catalog: str, locale: str = "fr-fr") -> dict:
        """Send a batch, advance the clock, return its result."""
        number = (await self.batch(catalog, locale)).json()["bodymessage"]
        self.now += 60
        return (await self.task(number))["result"]

    async def rows(self, *rows: dict, locale: str = "fr-fr") -> dict:
        """Send a batch of dicts and return its result."""
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [columns, *([str(row.get(c, "")) for c in columns] for row in rows)]
        quoted = "\n".join(";".join(f'"{c}"' for c in line) for line in lines)
        return await self.done(quoted, locale)

    async def one(self, sku: str = "A1", **fields) -> dict:
        """Create a listing that is online and return it."""
        await self.rows({**PHONE, "sku": sku, **fields})
        return (await self.get("/ws/listings/detail", sku=sku)).json()

    async def control(self, method: str, path: str, /, **body):
        answer = await self.http.request(method, f"/_sandbox{path}", json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def place(self, **body) -> httpx.Response:
        """Request an order from the control API and return the response."""
        path = "/_sandbox/accounts/account-1/orders"
        return await self.http.post(path, json=body)

    async def buy(self, *basket: tuple[str, int], **more) -> dict:
        """Buy in France and return the stored order."""
        lines = [{"sku": sku, "quantity": many} for sku, many in basket]
        answer = await self.place(**{"country": "FR", "lines": lines, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def order(self, order_id: int, locale: str = "fr-fr") -> dict:
        return (await self.get(f"/ws/orders/{order_id}", locale)).json()

    async def move(self, order_id: int, new_state: int, **more) -> httpx.Response:
        body = {"order_id": order_id, "new_state": new_state, **more}
        return await self.http.post(f"/ws/orders/{order_id}", json=body)

    async def fault(self, kind: str, /, **more):
        return await self.control("POST", "/faults", kind=kind, **more)


PHONE = {
    "sku": "A1",
    "ean": ean(1),
    "quantity": 4,
    "price": "249.00",
    "grade": "VERY_GOOD",
}


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    opened = Shop()
    async with opened.http:
        yield opened


@pytest.fixture
async def strict_shop() -> AsyncIterator[Shop]:
    """A seller with Back Market's real limits."""
    opened = Shop(SandboxOptions())
    async with opened.http:
        yield opened


@pytest.fixture
def phone() -> dict:
    return dict(PHONE)


@pytest.fixture
def make_ean():
    return ean


@pytest.fixture
def make_token():
    return token
