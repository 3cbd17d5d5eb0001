"""A deleted store leaves nothing; with the last store goes its seller account."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from app.core.columns import new_id
from app.settings import Settings
from tests.departures.every_table import counts, fill
from tests.departures.test_leaving import leave
from tests.publications.watching import eventually
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import query


async def full_store(
    api: httpx.AsyncClient, sandbox_url: str, database_url: str, **more: Any
) -> tuple[Shop, dict[str, UUID]]:
    """A store that has published, with a row in every table."""
    shop = await open_shop(api, sandbox_url, **more)
    catalog = await shop.upload([row("A")])
    run = await shop.publish()
    settings = (await api.get(f"/v1/stores/{shop.store_id}/settings")).json()
    known = {
        "store_id": shop.store_id,
        "account_id": settings["seller_account_id"],
        "catalog_id": catalog["id"],
        "publication_id": run["id"],
    }
    ids = {name: UUID(value) for name, value in known.items()}

    async def at_rest() -> bool:
        return not jobs_left(database_url)

    await eventually(at_rest)
    return shop, fill(database_url, ids)


def wait_in_queue(database_url: str, subject: UUID, kind: str) -> None:
    """A job that is due tomorrow."""
    query(
        database_url,
        "INSERT INTO job (id, kind, subject_id, tenant_id, state, attempt, crashes, "
        "run_after, created_at) VALUES (%s, %s, %s, %s, 'queued', 0, 0, "
        "now() + interval '1 day', now())",
        new_id(),
        kind,
        subject,
        subject,
    )


def jobs_left(database_url: str) -> list[Any]:
    return query(database_url, "SELECT kind FROM job WHERE state <> 'done'")


def no_job_left(database_url: str) -> bool:
    return not jobs_left(database_url)


async def test_the_last_store_of_an_account_leaves_no_row_no_job_and_no_file(
    api: httpx.AsyncClient,
    worker: object,
    sandbox_url: str,
    settings: Settings,
    database_url: str,
):
    shop, ids = await full_store(api, sandbox_url, database_url)
    for table, kind in (
        ("store", "drift_check"),
        ("seller_account", "sync_orders"),
        ("catalog_source", "pull_catalog"),
    ):
        wait_in_queue(database_url, ids[table], kind)
    folder = settings.uploads / shop.store_id
    before = counts(database_url)
    assert folder.exists()

    left = await leave(shop, offers="leave")

    assert set(before.values()) == {1}
    assert left["account_deleted"]
    assert {table: n for table, n in counts(database_url).items() if n} == {}
    await eventually(lambda: asyncio.to_thread(no_job_left, database_url))
    assert not folder.exists()
    accounts = (await api.get("/v1/seller-accounts")).json()["items"]
    assert accounts == []


async def test_a_store_of_another_account_keeps_all_it_has(
    api: httpx.AsyncClient, worker: object, sandbox_url: str, database_url: str
):
    other = await open_shop(api, sandbox_url)
    await other.upload([row("B")])
    await other.publish()
    shop = await open_shop(api, sandbox_url)
    await shop.upload([row("A")])
    await shop.publish()
    before = counts(database_url)

    await leave(shop, offers="leave")

    rest = counts(database_url)
    for table in ("store", "seller_account", "catalog", "publication", "offer"):
        assert (before[table], rest[table]) == (2, 1)
    assert set(await other.offers()) == {"B"}
    assert (await other.publish())["state"] == "finished"


async def test_an_account_stays_with_its_orders_while_it_has_a_store(
    api: httpx.AsyncClient, worker: object, sandbox_url: str, database_url: str
):
    shop, ids = await full_store(api, sandbox_url, database_url)
    german = await open_shop(api, sandbox_url, country="DE", token=shop.token)

    left = await leave(shop, offers="leave")

    assert not left["account_deleted"]
    rest = counts(database_url)
    assert (rest["store"], rest["seller_account"], rest["sales_order"]) == (1, 1, 1)
    settings = await api.get(f"/v1/stores/{german.store_id}/settings")
    assert settings.json()["seller_account_id"] == str(ids["seller_account"])


async def test_runs_of_a_store_that_moved_go_with_their_former_account(
    api: httpx.AsyncClient,
    worker: object,
    sandbox_url: str,
    database_url: str,
):
    """A run names the account that it used; the store has another one now."""
    moved = await open_shop(api, sandbox_url)
    await moved.publish()
    shop = await open_shop(api, sandbox_url, country="DE", token=moved.token)
    fresh = await open_shop(api, sandbox_url, country="IT")
    path = f"/v1/stores/{moved.store_id}/settings"
    body = {"environment": "sandbox", "token": fresh.token}
    assert (await api.put(path, json=body)).status_code == 200

    left = await leave(shop)

    assert left["state"] == "done"
    assert left["account_deleted"]
    assert (await api.get(path)).status_code == 200
