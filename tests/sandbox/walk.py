"""A walk over the sandbox as a seller; each answer is validated by its schema."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from app.sandbox.api.router import route_of
from tests.sandbox import schemas


@dataclass
class NotJson:
    """A constant that JSON does not have."""

    text: str


def body_of(answer: httpx.Response) -> Any:
    """Parse JSON; NaN and infinities, which JSON has not, fit no schema."""
    return json.loads(answer.text, parse_constant=NotJson)


def errors_of(body: object, schema: schemas.Schema) -> list[str]:
    found = Draft202012Validator(schema).iter_errors(body)
    return [f"{list(one.absolute_path)}: {one.message}" for one in found]


class Walk:
    """Calls the sandbox as a seller, and validates each answer by its schema."""

    def __init__(self, http: httpx.AsyncClient, locale: str) -> None:
        self.http = http
        self.locale = locale
        # Route -> statuses that were answered and valid.
        self.seen: dict[str, set[int]] = defaultdict(set)

    async def call(
        self, call: str, schema: schemas.Schema | None, status: int = 200, **more: Any
    ) -> Any:
        method, path = call.split(" ", 1)
        headers = {"Accept-Language": self.locale, **more.pop("headers", {})}
        answer = await self.http.request(method, path, headers=headers, **more)
        assert answer.status_code == status, (call, answer.text)
        route = route_of(method, answer.url.path.rstrip("/"))
        self.seen[route.label if route else ""].add(status)
        if schema is None:
            return answer
        body = body_of(answer)
        assert not (wrong := errors_of(body, schema)), (call, wrong)
        return body

    async def get(self, path: str, schema: schemas.Schema, **query: Any) -> Any:
        return await self.call(f"GET {path}", schema, params=query)

    async def pages(self, path: str, schema: schemas.Schema, **query: Any) -> list[Any]:
        """Read all pages of a list."""
        rows: list[Any] = []
        number = 0
        while True:
            number += 1
            page = await self.get(path, schema, page=number, **query)
            rows += page["results"]
            if page["next"] is None:
                assert len(rows) == page["count"]
                return rows


async def send_batch(walk: Walk, shop, currency: str, price: str) -> None:
    rows = [
        ("ONLINE", 4, price, "VERY_GOOD", "UPS", "Fine"),
        ("EMPTY", 0, price, "PREMIUM", "", ""),
        ("DEAR", 4, "999999", "STALLONE", "", ""),
        ("BAD", 4, "9,5", "GOOD", "", ""),
        *((f"MORE-{n}", n % 3, price, "FAIR", "", "") for n in range(60)),
    ]
    header = "sku;product_id;currency;quantity;price;grade;shipper_1;comment"
    lines = [
        f"{sku};{700 + number};{currency};{';'.join(map(str, cells))}"
        for number, (sku, *cells) in enumerate(rows)
    ]
    body = {"delimiter": ";", "quotechar": '"', "encoding": "utf-8"}
    body["catalog"] = "\n".join([header, *lines])
    accepted = await walk.call("POST /ws/listings", schemas.ACCEPTED_BATCH, json=body)
    path = f"/ws/tasks/{accepted['bodymessage']}"
    for status, pause in ((0, 1), (2, 9), (9, 0)):
        task = await walk.get(path, schemas.TASK)
        assert task["action_status"] == status
        shop.now += pause
    assert list(task["result"]["product_errors"]) == ["BAD"]
