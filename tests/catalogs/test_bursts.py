"""Of several full uploads that wait, the newest usable one is imported."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.core.file_storage import Storage
from app.database import open_database
from app.jobs.retry import MAX_CRASHES
from app.retention import delete_old_data
from app.settings import Settings
from tests.catalogs.uploading import files_in
from tests.publications.watching import eventually
from tests.support.shop import COLUMNS, MAPPING, Shop, as_csv, open_shop, row
from tests.support.stack import SilentQueue, WorkerProcess, open_worker, query

ENDED = ("ready", "rejected", "awaiting_mapping", "superseded")
FIRST = as_csv([row("A", price="100.00"), row("Z")])
UNREADABLE = b"<html>"
COPIES = """
INSERT INTO catalog
SELECT (jsonb_populate_record(c, jsonb_build_object('id', %s::uuid))).*
  FROM catalog AS c WHERE id = %s
"""


@pytest.fixture
async def shop(api: httpx.AsyncClient, sandbox_url: str, settings: Settings) -> Shop:
    """A store with one imported catalog; no worker runs now."""
    async with open_worker(settings):
        opened = await open_shop(api, sandbox_url)
        await opened.upload_bytes(FIRST)
    return opened


def priced(price: str) -> bytes:
    return as_csv([row("A", price=price)])


def renamed(price: str) -> bytes:
    """A file without the mapped column `price`."""
    return priced(price).replace(b"price", b"rate", 1)


async def upload(shop: Shop, *bodies: bytes, **parameters: str) -> list[str]:
    """Paths of uploads that wait."""
    made = [await shop.upload_bytes(b, wait=False, **parameters) for b in bodies]
    return [f"/v1/catalogs/{catalog['id']}" for catalog in made]


async def ends(shop: Shop, paths: list[str]) -> list[dict[str, Any]]:
    return [await shop.wait_for(path, ENDED) for path in paths]


async def import_all(
    shop: Shop, settings: Settings, paths: list[str], workers: int = 1
) -> list[dict[str, Any]]:
    """The catalogs after workers had nothing left to do."""
    async with AsyncExitStack() as running:
        for _ in range(workers):
            await running.enter_async_context(open_worker(settings))
        return await ends(shop, paths)


def states(catalogs: list[dict[str, Any]]) -> list[str]:
    return [catalog["state"] for catalog in catalogs]


async def prices(shop: Shop) -> dict[str, str]:
    return {
        sku: offer["desired"]["price"]
        for sku, offer in (await shop.offers()).items()
        if offer["desired"]
    }


async def test_only_the_newest_of_a_burst_is_imported(shop: Shop, settings: Settings):
    paths = await upload(shop, *(priced(f"{n}.00") for n in range(101, 106)))

    *older, newest = await import_all(shop, settings, paths)

    assert states(older) == ["superseded"] * 4
    assert newest["state"] == "ready"
    assert {each["superseded_by"] for each in older} == {newest["id"]}
    rejections = [each["rejection"] for each in older]
    assert {rejection["code"] for rejection in rejections} == {"superseded"}
    assert all(newest["id"] in rejection["message"] for rejection in rejections)
    assert all(each["finished_at"] and each["counts"] is None for each in older)
    assert (newest["superseded_by"], newest["rejection"]) == (None, None)
    assert newest["counts"]["disappeared"] == 1
    assert await prices(shop) == {"A": "105.00"}


async def test_what_only_a_superseded_upload_lacks_never_disappears(
    shop: Shop, settings: Settings
):
    paths = await upload(shop, priced("100.00"), FIRST)

    _, newest = await import_all(shop, settings, paths)

    # Equal to the current one: recognised, since nothing was imported between them.
    assert newest["duplicate_of"]
    assert newest["counts"]["disappeared"] == 0
    assert set(await prices(shop)) == {"A", "Z"}


async def test_a_publication_waits_for_the_burst_and_sends_the_newest(
    shop: Shop, settings: Settings
):
    await upload(shop, *(priced(f"{n}.00") for n in (101, 102)))
    run = await shop.publish(wait=False)

    async with open_worker(settings):
        ended = await shop.wait_for(f"/v1/publications/{run['id']}", ("finished",))
        changes = await shop.changes(ended)

    assert {c["sku"]: c["after"].get("price") for c in changes} == {"A": "102.00"}


async def test_a_rejected_upload_hides_no_older_good_one(
    shop: Shop, settings: Settings
):
    bodies = (priced("101.00"), priced("102.00"), renamed("103.00"), UNREADABLE)
    paths = await upload(shop, *bodies)

    found = await import_all(shop, settings, paths)

    assert states(found) == ["superseded", "ready", "rejected", "rejected"]
    assert found[0]["superseded_by"] == found[1]["id"]
    assert [each["rejection"]["code"] for each in found[2:]] == [
        "missing_column",
        "unknown_format",
    ]
    assert await prices(shop) == {"A": "102.00"}


@pytest.mark.parametrize(
    "older",
    [priced("101.00"), UNREADABLE, FIRST],
    ids=["imported", "rejected", "equal to the current one"],
)
async def test_the_columns_of_the_store_are_those_of_its_newest_upload(
    shop: Shop, settings: Settings, older: bytes
):
    """The light says what the newest upload lacks, in whichever order they are read."""
    paths = await upload(shop, older, renamed("102.00"))
    await import_all(shop, settings, paths)

    lights = (await shop.api.get(f"/v1/stores/{shop.store_id}/lights")).json()
    shown = (await shop.api.get(f"/v1/stores/{shop.store_id}/mapping")).json()

    assert lights["mapping"]["reasons"][0]["code"] == "column_missing"
    assert "rate" in shown["catalog_columns"]


async def test_a_repeated_catalog_brings_its_columns_back(
    shop: Shop, settings: Settings
):
    for body in (renamed("102.00"), FIRST):
        (path,) = await upload(shop, body)
        (last,) = await import_all(shop, settings, [path])

    shown = (await shop.api.get(f"/v1/stores/{shop.store_id}/mapping")).json()

    assert last["duplicate_of"]
    assert "price" in shown["catalog_columns"]


async def test_partial_uploads_keep_their_place(shop: Shop, settings: Settings):
    partial = as_csv([row("P", price="50.00")])
    one, two = await upload(shop, priced("101.00"), priced("102.00"))
    (extra,) = await upload(shop, partial, mode="partial")
    (three,) = await upload(shop, UNREADABLE)

    found = await import_all(shop, settings, [one, two, extra, three])

    assert states(found) == ["superseded", "ready", "ready", "rejected"]
    assert await prices(shop) == {"A": "102.00", "P": "50.00"}

    (again,) = await upload(shop, partial, mode="partial")
    four, five = await upload(shop, priced("104.00"), priced("105.00"))
    found = await import_all(shop, settings, [again, four, five])

    assert states(found) == ["ready", "superseded", "ready"]
    assert await prices(shop) == {"A": "105.00"}


async def test_newer_data_are_not_skipped_for_a_later_upload_of_older_ones(
    shop: Shop, settings: Settings
):
    """They replace quick updates that the later upload does not."""
    times = ("2026-01-01T10:00:00Z", "2026-01-01T12:00:00Z", "2026-01-01T11:00:00Z")
    paths = [
        (await upload(shop, priced(f"{101 + n}.00"), as_of=time))[0]
        for n, time in enumerate(times)
    ]

    found = await import_all(shop, settings, paths)

    assert states(found) == ["superseded", "ready", "ready"]
    assert await prices(shop) == {"A": "103.00"}


async def test_the_later_upload_is_the_newer_one_whatever_a_clock_says(
    shop: Shop, settings: Settings, database_url: str
):
    """The API process that received the first one is a minute ahead."""
    (first,) = await upload(shop, priced("101.00"))
    ahead = UUID(int=UUID(first.rpartition("/")[2]).int + (60_000 << 80))
    moved = "UPDATE catalog SET id = %s WHERE state = 'received'"
    await asyncio.to_thread(query, database_url, moved, ahead)
    (second,) = await upload(shop, priced("102.00"))

    found = await import_all(shop, settings, [f"/v1/catalogs/{ahead}", second])

    assert states(found) == ["superseded", "ready"]
    assert await prices(shop) == {"A": "102.00"}


async def test_nothing_is_superseded_while_the_mapping_is_incomplete(
    shop: Shop, settings: Settings
):
    path = f"/v1/stores/{shop.store_id}/mapping"
    async with open_worker(settings):
        await shop.api.put(path, json={"attributes": {}})
    paths = await upload(shop, priced("101.00"), renamed("102.00"))

    found = await import_all(shop, settings, paths)
    shown = (await shop.api.get(path)).json()
    async with open_worker(settings):
        await shop.api.put(path, json=MAPPING)
        rejected = await shop.wait_for(paths[1], ("rejected",))
        ready = await shop.wait_for(paths[0], ("ready",))

    assert states(found) == ["awaiting_mapping"] * 2
    assert "rate" in shown["catalog_columns"]
    assert rejected["rejection"]["code"] == "missing_column"
    assert ready["superseded_by"] is None
    assert await prices(shop) == {"A": "101.00"}


STEPS = ("import.started", "import.written", "import.before_commit", "import.committed")


@pytest.mark.parametrize("step", STEPS)
async def test_a_burst_survives_a_kill_at(
    shop: Shop, process: WorkerProcess, tmp_path: Path, step: str
):
    paths = await upload(shop, priced("101.00"), priced("102.00"))
    process.crash_at(step, tmp_path / "died")
    later = await upload(shop, priced("103.00"), UNREADABLE)

    process.start()
    found = await ends(shop, [*paths, *later])

    # What had started is imported; what came meanwhile follows.
    assert states(found) == ["superseded", "ready", "ready", "rejected"]
    assert await prices(shop) == {"A": "103.00"}


async def test_an_upload_that_crashes_every_worker_hides_no_older_one(
    shop: Shop, process: WorkerProcess, tmp_path: Path
):
    older, poison = await upload(shop, priced("101.00"), priced("102.00"))
    for _ in range(MAX_CRASHES):
        process.crash_at("import.before_commit", tmp_path / "died")

    process.start()
    found = await ends(shop, [older, poison])

    assert states(found) == ["ready", "rejected"]
    assert found[1]["rejection"]["code"] == "worker_crashed"
    assert await prices(shop) == {"A": "101.00"}


async def test_a_superseded_upload_ends_its_event_stream(
    shop: Shop, settings: Settings
):
    older, newer = await upload(shop, priced("101.00"), priced("102.00"))
    await import_all(shop, settings, [older, newer])

    events = (await shop.api.get(f"{older}/events")).text

    assert '"state":"superseded"' in events
    assert "event: end" in events


async def test_the_file_of_a_superseded_upload_is_deleted_and_does_not_count(
    shop: Shop, settings: Settings
):
    paths = await upload(shop, *(priced(f"{n}.00") for n in range(101, 105)))
    *_, newest = await import_all(shop, settings, paths)
    before = {file.name for file in files_in(settings)}
    few = settings.model_copy(update={"keep_catalogs": 2})
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    async with open_database(url, SilentQueue()) as database:
        await delete_old_data(database, Storage(few.uploads), few)

    # The newest and the first one; three are superseded.
    kept = {file.name for file in files_in(settings)}
    assert (len(before), len(kept)) == (5, 2)
    assert newest["sha256"] in kept


async def test_superseded_uploads_hide_no_usable_one_from_a_new_mapping(
    shop: Shop, settings: Settings, database_url: str
):
    """There are more of them than catalogs that are considered."""
    noted = as_csv([row("N", note="as new")], columns=[*COLUMNS, "note"])
    (usable,) = await upload(shop, noted)
    await import_all(shop, settings, [usable])
    paths = await upload(shop, priced("101.00"), priced("102.00"))
    superseded, newest = await import_all(shop, settings, paths)
    first = UUID(superseded["id"]).int
    for copy in (UUID(int=first + n) for n in range(1, 60)):
        await asyncio.to_thread(query, database_url, COPIES, copy, superseded["id"])

    attributes = {**MAPPING["attributes"], "comment": {"column": "note"}}
    async with open_worker(settings):
        answer = await shop.api.put(
            f"/v1/stores/{shop.store_id}/mapping", json={"attributes": attributes}
        )
        await shop.wait_for(f"/v1/catalogs/{newest['id']}", ("rejected",))
        await eventually(lambda: has_current(shop, usable))
    preview = await shop.api.post(
        f"/v1/stores/{shop.store_id}/mapping/preview", json={}
    )

    assert answer.status_code == 200
    assert set(await prices(shop)) == {"N"}
    assert f"/v1/catalogs/{preview.json()['catalog_id']}" == usable


async def has_current(shop: Shop, path: str) -> bool:
    store = (await shop.api.get(f"/v1/stores/{shop.store_id}")).json()
    return path.endswith(store["current_catalog_id"])
