"""The worker is killed (kill -9) at every named step; nothing is lost or repeated."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import WorkerProcess, open_worker

IMPORT_STEPS = (
    "import.opened",
    "import.staged",
    "import.compared",
    "import.loading",
    "import.written",
    "import.before_commit",
    "import.committed",
)
BATCH_STEPS = (
    "publish.started",
    "publish.planned",
    "publish.marked_sending",
    "publish.posted",
    "publish.task_recorded",
    "publish.polled",
    "publish.settled",
    "publish.before_finish",
    "publish.finished",
)
SINGLE_STEPS = ("publish.marked_sending", "publish.posted")

BEFORE = [row(f"S{n}") for n in range(8)]
AFTER = [
    *(row(f"S{n}") for n in range(3)),
    row("S3", price="150.00"),
    row("S4", quantity=1),
    row("N1"),
    row("N2", quantity=9),
]
WANTED = {
    **{f"S{n}": (199.9, 5) for n in range(3)},
    "S3": (150.0, 5),
    "S4": (199.9, 1),
    "N1": (199.9, 5),
    "N2": (199.9, 9),
    **{f"S{n}": (199.9, 0) for n in range(5, 8)},
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Two changes are sent one by one, more of them as a batch."""
    return settings.model_copy(update={"single_update_max": 2})


@pytest.fixture
async def shop(api: httpx.AsyncClient, sandbox_url: str, settings: Settings) -> Shop:
    """A shop that sells something already, and has no worker now."""
    async with open_worker(settings):
        opened = await open_shop(api, sandbox_url)
        await opened.upload(BEFORE)
        await opened.publish()
    await opened.sandbox("DELETE", "/ledger")
    return opened


def _die_at(process: WorkerProcess, step: str, marker: Path) -> None:
    """Let a worker run until it has killed itself at the step; then start another."""
    process.crash_at(step, marker)
    process.start()


async def _shown(shop: Shop) -> dict[str, tuple[float, int]]:
    return {
        sku: (float(listing["price"]), listing["quantity"])
        for sku, listing in (await shop.listings()).items()
    }


def _repeated(ledger: list[dict[str, Any]]) -> list[str]:
    """SKUs of which the same accepted content arrived twice."""
    seen: set[tuple[str, str]] = set()
    twice = []
    for entry in ledger:
        key = (entry["sku"], str(sorted(entry["fields"].items())))
        if entry["applied"] and key in seen:
            twice.append(entry["sku"])
        seen.add(key)
    return twice


@pytest.mark.parametrize("step", IMPORT_STEPS)
async def test_an_import_survives_a_kill_at(
    shop: Shop, process: WorkerProcess, tmp_path: Path, step: str
):
    catalog = await shop.upload(AFTER, wait=False)

    _die_at(process, step, tmp_path / "died")
    ready = await shop.wait_for(f"/v1/catalogs/{catalog['id']}", ("ready", "rejected"))
    publication = await shop.publish()

    assert ready["state"] == "ready"
    assert ready["counts"]["rows"] == len(AFTER)
    assert publication["state"] == "finished"
    assert await _shown(shop) == WANTED
    assert _repeated(await shop.ledger()) == []


@pytest.mark.parametrize("step", BATCH_STEPS)
async def test_a_publication_survives_a_kill_at(
    shop: Shop, settings: Settings, process: WorkerProcess, tmp_path: Path, step: str
):
    async with open_worker(settings):
        await shop.upload(AFTER)
    requested = await shop.publish(wait=False)

    _die_at(process, step, tmp_path / "died")
    path = f"/v1/publications/{requested['id']}"
    ended = await shop.wait_for(path, ("finished", "failed", "cancelled"))

    assert ended["state"] == "finished", ended
    assert await _shown(shop) == WANTED
    assert _repeated(await shop.ledger()) == []
    assert (await shop.publish())["counts"]["changes"] == 0


@pytest.mark.parametrize("step", SINGLE_STEPS)
async def test_single_updates_survive_a_kill_at(
    shop: Shop, settings: Settings, process: WorkerProcess, tmp_path: Path, step: str
):
    async with open_worker(settings):
        await shop.upload([row("S0", quantity=2), row("S1", price="1"), *BEFORE[2:]])
    requested = await shop.publish(wait=False)

    _die_at(process, step, tmp_path / "died")
    path = f"/v1/publications/{requested['id']}"
    ended = await shop.wait_for(path, ("finished", "failed", "cancelled"))

    shown = await _shown(shop)
    assert ended["counts"]["by_outcome"] == {"accepted": 2}
    assert (shown["S0"], shown["S1"]) == ((199.9, 2), (1.0, 5))
    assert _repeated(await shop.ledger()) == []
