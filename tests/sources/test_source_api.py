"""The source of a catalog over HTTP: what is taken, what is refused, what is hidden."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.vault import Sealed, open_vault
from app.settings import Settings
from tests.sources.conftest import Supply
from tests.sources.merchant import Merchant, reply
from tests.support.shop import Shop, as_csv, open_shop, row
from tests.support.stack import WorkerProcess, open_worker, query

STOCK = as_csv([row("A1")])
URL = "https://shop.example/stock.csv"
PASSWORD = "canary-of-a-password"


@pytest.fixture
async def path(api: httpx.AsyncClient) -> str:
    """A store without a worker."""
    answer = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    return f"/v1/stores/{answer.json()['id']}/catalog-source"


async def test_a_source_is_set_read_and_deleted(api: httpx.AsyncClient, path: str):
    before = await api.get(path)
    put = await api.put(path, json={"url": URL, "interval": "PT1H", "separator": "tab"})
    read = await api.get(path)
    deleted = await api.delete(path)
    after = await api.get(path)
    again = await api.delete(path)

    assert (before.status_code, put.status_code, deleted.status_code) == (404, 200, 204)
    assert (after.status_code, again.status_code) == (404, 404)
    assert read.json() == put.json()
    shown = read.json()
    del shown["created_at"], shown["next_pull_at"]
    assert shown == {
        "url": URL,
        "scheduled": True,
        "interval": "PT1H",
        "username": None,
        "password_set": False,
        "separator": "\t",
        "quote_char": None,
        "encoding": None,
        "sheet": None,
        "header_row": None,
        "state": "requested",
        "failures": 0,
        "last_pull": None,
    }


async def test_the_interval_is_the_operators_unless_it_is_given(
    api: httpx.AsyncClient, path: str
):
    source = (await api.put(path, json={"url": URL})).json()

    assert source["interval"] == "PT6H"


async def test_repeated_requests_make_one_pull(
    api: httpx.AsyncClient, path: str, database_url: str
):
    nothing = await api.post(f"{path}/pull")
    await api.put(path, json={"url": URL})
    answers = [await api.post(f"{path}/pull") for _ in range(3)]

    jobs = query(database_url, "SELECT state FROM job WHERE kind = 'pull_catalog'")
    assert nothing.status_code == 404
    assert {a.status_code for a in answers} == {202}
    assert answers[0].headers["Location"] == path
    assert answers[0].headers["Retry-After"] == "2"
    assert jobs == [("queued",)]


async def test_a_change_that_is_based_on_an_older_store_is_refused(
    api: httpx.AsyncClient, path: str
):
    old = {"If-Match": '"99"'}

    answers = [
        await api.put(path, json={"url": URL}, headers=old),
        await api.post(f"{path}/pull", headers=old),
        await api.delete(path, headers=old),
    ]

    assert [a.status_code for a in answers] == [412, 412, 412]


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "another scheme": ({"url": "ftp://shop.example/"}, "url", "scheme_refused"),
    "a password in the URL": (
        {"url": f"https://me:{PASSWORD}@shop.example/"},
        "url",
        "credentials_in_url",
    ),
    "another port": ({"url": "https://shop.example:8443/"}, "url", "port_refused"),
    "an address inside": ({"url": "http://10.0.0.1/"}, "url", "address_refused"),
    "the cloud's own": (
        {"url": "http://169.254.169.254/"},
        "url",
        "address_refused",
    ),
    "no URL": ({"url": "http://"}, "url", "bad_url"),
    "none at all": ({}, "url", "missing"),
    "too often": ({"url": URL, "interval": "PT1M"}, "interval", "greater_than_equal"),
    "an unknown separator": (
        {"url": URL, "separator": "#"},
        "separator",
        "unknown_separator",
    ),
    "a colon in the user name": (
        {"url": URL, "auth": {"username": "a:b", "password": "x"}},
        "auth.username",
        "string_pattern_mismatch",
    ),
    "no password": (
        {"url": URL, "auth": {"username": "me"}},
        "auth.password",
        "missing",
    ),
    "an unknown field": ({"url": URL, "token": PASSWORD}, "token", "unknown_field"),
}


@pytest.mark.parametrize(
    ("body", "field", "code"), REFUSED.values(), ids=REFUSED.keys()
)
async def test_an_invalid_source_is_422_with_the_field(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], field: str, code: str
):
    answer = await api.put(path, json=body)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, field)
    assert error["code"] == code
    assert error["accepted"] or code == "missing"
    assert PASSWORD not in answer.text
    assert (await api.get(path)).status_code == 404


ELSEWHERE = {
    "another host": {"url": "https://other.example/stock.csv"},
    "another scheme": {"url": "http://shop.example/stock.csv"},
    "another user": {"auth": {"username": "you"}},
}


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=ELSEWHERE.keys())
async def test_a_password_cannot_be_redirected_to_another_host(
    api: httpx.AsyncClient, path: str, change: dict[str, Any]
):
    auth = {"username": "me", "password": PASSWORD}
    await api.put(path, json={"url": URL, "auth": auth})

    led = await api.put(path, json={"url": URL, "auth": {"username": "me"}} | change)
    kept = await api.put(path, json={"url": f"{URL}?x", "auth": {"username": "me"}})
    dropped = await api.put(path, json={"url": URL})

    assert led.status_code == 422
    assert led.json()["errors"][0]["field"] == "auth.password"
    assert kept.json()["password_set"] is True
    assert dropped.json()["password_set"] is False


async def test_a_password_is_encrypted_for_its_row_and_never_returned(
    supply: Supply,
    merchant: Merchant,
    settings: Settings,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
):
    caplog.set_level(logging.DEBUG)
    merchant.serve("/stock.csv", reply(STOCK), b"")
    auth = {"username": "me", "password": PASSWORD}

    source = await supply.put(merchant.url(), auth=auth)
    merchant.serve("/stock.csv", b"nothing of HTTP")
    failed = await supply.pull()

    ((source_id, cipher, key_id),) = query(
        database_url, "SELECT id, password_cipher, password_key_id FROM catalog_source"
    )
    opened = open_vault(settings).open(Sealed(cipher, key_id), UUID(str(source_id)))
    rows = str(query(database_url, "SELECT * FROM catalog_source, job, catalog"))
    sent = merchant.asked[0].headers["authorization"]
    logged = caplog.text + "".join(capfd.readouterr())
    assert opened.get_secret_value() == PASSWORD
    for text in (str(source), str(failed), rows, logged):
        assert PASSWORD not in text
        assert sent not in text
        assert sent.removeprefix("Basic ") not in text


async def test_a_password_of_another_secret_key_is_reported_as_unreadable(
    supply: Supply, merchant: Merchant, database_url: str
):
    auth = {"username": "me", "password": PASSWORD}
    await supply.put(merchant.url(), auth=auth)
    await asyncio.to_thread(
        query, database_url, "UPDATE catalog_source SET password_key_id = 'gone'"
    )

    source = await supply.pull()

    assert source["last_pull"]["code"] == "password_unreadable"


async def test_a_store_is_deleted_with_its_source(
    api: httpx.AsyncClient, worker: object, path: str, database_url: str
):
    await api.put(path, json={"url": URL})

    deleted = await api.delete(path.removesuffix("/catalog-source"))
    while (await api.get(path)).status_code != 404:
        pass

    assert deleted.status_code == 202
    assert query(database_url, "SELECT count(*) FROM catalog_source") == [(0,)]


async def test_a_store_deleted_during_a_pull_leaves_no_file(
    api: httpx.AsyncClient,
    worker: object,
    path: str,
    merchant: Merchant,
    settings: Settings,
    database_url: str,
):
    go_on = asyncio.Event()
    merchant.serve("/stock.csv", b"HTTP/1.1 200 OK\r\n\r\n", STOCK, go_on, STOCK)
    await api.put(path, json={"url": merchant.url()})
    while not list(settings.uploads.glob("*/.part-*")):
        await api.get(path)

    deleted = await api.delete(path.removesuffix("/catalog-source"))
    go_on.set()
    while query(database_url, "SELECT 1 FROM job WHERE done_at IS NULL"):
        await api.get(path)

    assert deleted.status_code == 202
    assert [p for p in settings.uploads.rglob("*") if p.is_file()] == []
    assert query(database_url, "SELECT last_error FROM job") == [(None,)]


async def test_unresponsive_servers_do_not_block_other_jobs(
    api: httpx.AsyncClient, merchant: Merchant, settings: Settings
):
    few = settings.model_copy(
        update={"worker_slots": 2, "source_deadline": timedelta(hours=1)}
    )
    stores = [
        (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()["id"]
        for _ in range(4)
    ]
    merchant.serve("/stock.csv", 3600.0)
    for store in stores[:3]:
        source = {"url": merchant.url()}
        await api.put(f"/v1/stores/{store}/catalog-source", json=source)
    async with open_worker(few):
        while not merchant.asked:
            await api.get("/v1/stores")
        upload = await api.post(
            f"/v1/stores/{stores[3]}/catalogs",
            content=STOCK,
            headers={"Content-Type": "text/csv"},
        )
        where = upload.headers["Location"]
        while (await api.get(where)).json()["state"] != "awaiting_mapping":
            await api.get("/v1/stores")
        asked = len(merchant.asked)
        merchant.serve("/stock.csv", reply(STOCK))
        await merchant.hang_up()

    assert asked == 1


async def eventually(shop: Shop, path: str) -> dict[str, Any]:
    """The source after a pull that has ended."""
    while True:
        source = await shop.wait_for(path, ("idle",))
        if source["last_pull"]:
            return source


@pytest.mark.parametrize("step", ["pull.stored", "pull.before_commit"])
async def test_a_pull_survives_a_kill_at(
    api: httpx.AsyncClient,
    sandbox_url: str,
    merchant: Merchant,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
):
    shop = await open_shop(api, sandbox_url)
    merchant.serve("/stock.csv", reply(STOCK))
    ports = f"[{merchant.port}]"
    allowed = {"REFEED_SOURCE_ALLOW": '["127.0.0.1"]', "REFEED_SOURCE_PORTS": ports}
    source_path = f"/v1/stores/{shop.store_id}/catalog-source"
    await api.put(source_path, json={"url": merchant.url()})

    await asyncio.to_thread(process.crash_at, step, tmp_path / "died", **allowed)
    process.start(**allowed)
    source = await eventually(shop, source_path)
    await shop.wait_for(f"/v1/catalogs/{source['last_pull']['catalog_id']}", ("ready",))

    catalogs = (await api.get(f"/v1/stores/{shop.store_id}/catalogs")).json()["items"]
    assert len(catalogs) == 1
    assert set(await shop.offers()) == {"A1"}
