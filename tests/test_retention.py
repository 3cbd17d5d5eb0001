"""Old files, reports and jobs are deleted; what is current stays."""

import asyncio
import os
import time
from pathlib import Path

from app.core.file_storage import ABANDONED, PART, Storage
from app.database import open_database
from app.retention import delete_old_data
from app.settings import Settings
from tests.support.shop import Shop, as_csv, row
from tests.support.stack import SilentQueue, query


async def _delete_old_data(settings: Settings, keep: int) -> None:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    few = settings.model_copy(update={"keep_catalogs": keep})
    async with open_database(url, SilentQueue()) as database:
        await delete_old_data(database, Storage(few.uploads), few)


def _files(settings: Settings, shop: Shop) -> set[str]:
    return {file.name for file in Path(settings.uploads, shop.store_id).iterdir()}


async def test_files_of_all_but_the_newest_catalogs_are_deleted(
    shop: Shop, settings: Settings
):
    catalogs = [await shop.upload([row("A", quantity=n)]) for n in range(4)]

    await _delete_old_data(settings, 2)

    assert _files(settings, shop) == {c["sha256"] for c in catalogs[2:]}
    old = await shop.api.get(f"/v1/catalogs/{catalogs[0]['id']}")
    assert old.json()["counts"] == catalogs[0]["counts"]


async def test_what_a_killed_process_left_of_an_upload_is_deleted(
    shop: Shop, settings: Settings
):
    current = await shop.upload([row("A")])
    folder = Path(settings.uploads, shop.store_id)
    left, arriving = folder / f"{PART}left", folder / f"{PART}arriving"
    for part in (left, arriving):
        part.write_bytes(b"sku;")
    long_ago = time.time() - ABANDONED.total_seconds() - 60
    os.utime(left, (long_ago, long_ago))
    os.utime(folder / current["sha256"], (long_ago, long_ago))

    await _delete_old_data(settings, 2)

    assert _files(settings, shop) == {arriving.name, current["sha256"]}


async def test_a_file_of_the_current_catalog_is_kept(shop: Shop, settings: Settings):
    first = await shop.upload([row("A")])
    await shop.upload([row("A", quantity=1)])
    await shop.upload([row("A")])

    await _delete_old_data(settings, 1)

    assert _files(settings, shop) == {first["sha256"]}


async def test_partial_catalogs_are_kept_while_current(shop: Shop, settings: Settings):
    old = await shop.upload_bytes(as_csv([row("P")]), mode="partial")
    full = await shop.upload([row("A"), row("B")])
    later = [
        await shop.upload_bytes(as_csv([row(sku, quantity=1)]), mode="partial")
        for sku in ("A", "B")
    ]

    await _delete_old_data(settings, 1)

    assert old["sha256"] not in _files(settings, shop)
    assert _files(settings, shop) == {c["sha256"] for c in (full, *later)}


async def test_old_reports_and_jobs_are_deleted_and_the_live_state_is_kept(
    shop: Shop, settings: Settings, database_url: str
):
    await shop.upload([row("A")])
    publication = await shop.publish()
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE publication SET finished_at = now() - interval '1 year'",
    )
    await asyncio.to_thread(
        query, database_url, "UPDATE job SET done_at = now() - interval '1 year'"
    )

    await _delete_old_data(settings, 1)

    gone = await shop.api.get(f"/v1/publications/{publication['id']}")
    assert gone.status_code == 404
    assert query(database_url, "SELECT count(*) FROM change") == [(0,)]
    assert (await shop.publish())["counts"]["changes"] == 0


async def test_old_departures_are_deleted(
    shop: Shop, settings: Settings, database_url: str
):
    path = f"/v1/stores/{shop.store_id}/activation"
    old, recent = [(await shop.api.delete(path)).json()["id"] for _ in range(2)]
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE departure SET finished_at = now() - interval '1 year' WHERE id = %s",
        old,
    )

    await _delete_old_data(settings, 1)

    listed = (await shop.api.get("/v1/departures")).json()["items"]
    assert [each["id"] for each in listed] == [recent]


async def test_webhook_ids_are_stored_for_a_week(
    shop: Shop, settings: Settings, database_url: str
):
    for days in (4, 8):
        await asyncio.to_thread(
            query,
            database_url,
            "INSERT INTO hook_call (store_id, webhook_id, body_sha256, received_at) "
            "VALUES (%s, %s, '', now() - %s * interval '1 day')",
            shop.store_id,
            f"{days} days",
            days,
        )

    await _delete_old_data(settings, 1)

    assert query(database_url, "SELECT webhook_id FROM hook_call") == [("4 days",)]
