"""An API process is killed while it executes a request; the client retries."""

import os
from functools import partial
from pathlib import Path

import httpx
import pytest

from app.core.failpoints import VARIABLE
from app.settings import Settings
from tests.catalogs.test_upload_process import client
from tests.idempotency.keyed import STORE, assert_repeated, count, key, make_store
from tests.support.serving import served

CSV = {"Content-Type": "text/csv"}
BODY = b"sku;price\nA;1\n"
EFFECTS = {"idempotency.claimed": 0, "idempotency.recorded": 0}
"""Committed effects of the killed process; what follows them has had its effect."""


def kill_at(name: str, marker: Path) -> None:
    """Called in the process that is to be killed."""
    os.environ[VARIABLE] = f"{name}={marker}"


async def retried(
    api: httpx.AsyncClient, path: str, body: bytes, headers: dict[str, str]
) -> httpx.Response:
    """Retry as the answers say until the dead process holds the key no longer."""
    while True:
        answer = await api.post(path, content=body, headers=headers)
        if answer.status_code != 409:
            return answer
        assert answer.json()["code"] == "idempotency_key_in_use"
        assert 1 <= int(answer.headers["Retry-After"]) <= 5


@pytest.mark.parametrize(
    "step", ["idempotency.claimed", "idempotency.recorded", "idempotency.committed"]
)
@pytest.mark.parametrize("table", ["hook_secret", "catalog"])
async def test_a_retry_at_another_process_has_the_one_effect(
    api: httpx.AsyncClient, settings: Settings, tmp_path: Path, step: str, table: str
):
    store = f"/v1/stores/{await make_store(api)}"
    paths = {"hook_secret": f"{store}/hook-secret", "catalog": f"{store}/catalogs"}
    path, headers, marker = paths[table], CSV | key(), tmp_path / "marker"

    with served(settings, partial(kill_at, step, marker)) as (process, url):
        async with client(url) as dying:
            with pytest.raises(httpx.TransportError):
                await dying.post(path, content=BODY, headers=headers)
        process.wait(60)
    assert marker.read_text() == step
    committed = step == "idempotency.committed"
    assert count(settings, table) == committed

    answer = await retried(api, path, BODY, headers)

    assert answer.is_success
    assert ("Idempotent-Replayed" in answer.headers) == committed
    assert count(settings, table) == 1
    repeat = await api.post(path, content=BODY, headers=headers)
    assert repeat.content == answer.content


async def test_a_process_that_serves_repeats_what_another_one_recorded(
    api: httpx.AsyncClient, settings: Settings
):
    given = key()
    first = await api.post("/v1/stores", json=STORE, headers=given)

    with served(settings) as (_, url):
        async with client(url) as other:
            repeat = await other.post("/v1/stores", json=STORE, headers=given)

    assert_repeated(repeat, first)
