"""Sends requests with an idempotency key, and looks at their effects."""

from typing import Any
from uuid import uuid4

import httpx

from app.settings import Settings
from tests.support.stack import query

STORE = {"name": "A", "country": "FR"}
OWN_OF_A_REQUEST = {"x-request-id", "date", "idempotent-replayed"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def make_store(api: httpx.AsyncClient) -> str:
    return str((await api.post("/v1/stores", json=STORE)).json()["id"])


def assert_repeated(repeat: httpx.Response, first: httpx.Response) -> None:
    """The same status, headers and bytes; only the repeat says that it is one."""
    assert repeat.headers.get("Idempotent-Replayed") == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert repeat.status_code == first.status_code
    assert repeat.content == first.content
    assert _headers(repeat) == _headers(first)


def _headers(answer: httpx.Response) -> list[tuple[str, str]]:
    pairs = answer.headers.multi_items()
    return sorted(pair for pair in pairs if pair[0] not in OWN_OF_A_REQUEST)


def rows(settings: Settings, statement: str, *values: object) -> list[Any]:
    assert settings.database_url
    return query(settings.database_url.get_secret_value(), statement, *values)


def count(settings: Settings, table: str) -> int:
    return int(rows(settings, f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json().get("code"))
