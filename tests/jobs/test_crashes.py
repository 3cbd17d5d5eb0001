"""A job that crashes every worker process ends, and its subject says why."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.jobs.retry import MAX_CRASHES
from app.settings import Settings
from tests.orders.desk import Desk
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import WorkerProcess, open_worker, query

CODE = "worker_crashed"
MESSAGE = "The worker process crashed each time it ran the job."


@pytest.fixture
async def shop(api: httpx.AsyncClient, sandbox_url: str, settings: Settings) -> Shop:
    """A store with one offer; no worker runs now."""
    async with open_worker(settings):
        opened = await open_shop(api, sandbox_url)
        await opened.upload([row("A1")])
        await opened.publish()
    return opened


def url_of(settings: Settings) -> str:
    assert settings.database_url
    return settings.database_url.get_secret_value()


async def test_an_import_that_crashes_every_worker_is_rejected(
    shop: Shop, settings: Settings, process: WorkerProcess, tmp_path: Path
):
    marker = tmp_path / "died"
    poison = await shop.upload([row("A1"), row("B2")], wait=False)
    for _ in range(MAX_CRASHES):
        process.crash_at("import.before_commit", marker)

    # The next worker would die as well if it ran the import once more.
    marker.unlink()
    process.start(REFEED_FAILPOINT=f"import.before_commit={marker}")
    path = f"/v1/catalogs/{poison['id']}"
    rejected = await shop.wait_for(path, ("ready", "rejected"))

    assert (rejected["state"], reason(rejected)) == ("rejected", (CODE, MESSAGE))
    assert not process.died
    process.stop()
    async with open_worker(settings):
        assert (await shop.upload([row("A1"), row("B2")]))["state"] == "ready"


async def publish(shop: Shop) -> str:
    return f"/v1/publications/{(await shop.publish(wait=False))['id']}"


async def check_drift(shop: Shop) -> str:
    path = f"/v1/stores/{shop.store_id}/drift-checks"
    assert (await shop.api.post(path)).status_code == 202
    return path


async def sync_orders(shop: Shop) -> str:
    return str((await Desk(shop).ask_sync()).headers["Location"])


@pytest.mark.parametrize(
    ("step", "request_job"),
    [
        ("publish.started", publish),
        ("drift_check.started", check_drift),
        ("orders.started", sync_orders),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_job_that_crashes_every_worker_fails_with_its_reason(
    shop: Shop,
    settings: Settings,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
    request_job: Callable[[Shop], Awaitable[str]],
):
    path = await request_job(shop)

    ended = await crash_until_it_ends(shop, settings, process, tmp_path, step, path)

    assert (ended["state"], reason(ended)) == ("failed", (CODE, MESSAGE))


async def test_an_order_action_that_crashes_every_worker_fails_with_its_reason(
    shop: Shop, settings: Settings, process: WorkerProcess, tmp_path: Path
):
    desk = Desk(shop)
    async with open_worker(settings):
        order = await desk.new_order("A1")
    path = (await desk.ask(order, "accept")).headers["Location"]

    ended = await crash_until_it_ends(
        shop, settings, process, tmp_path, "action.started", path
    )

    assert (ended["state"], reason(ended)) == ("failed", (CODE, MESSAGE))
    assert await desk.deeds(order) == []


async def crash_until_it_ends(
    shop: Shop,
    settings: Settings,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
    path: str,
) -> dict[str, Any]:
    """Crash one worker; the job then counts as one whose workers crashed before."""
    process.crash_at(step, tmp_path / "died")
    before = "UPDATE job SET crashes = %s WHERE state = 'running'"
    query(url_of(settings), before, MAX_CRASHES - 1)
    async with open_worker(settings):
        return await shop.wait_for(path, ("done", "finished", "failed"))


def reason(subject: dict[str, Any]) -> tuple[str, str]:
    """The code and message of a subject, by the names that its resource has."""
    named = (subject.get(name) for name in ("rejection", "reason", "why"))
    found = next(filter(None, named), subject)
    return found["code"], found["message"]
