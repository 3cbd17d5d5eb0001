"""A buyer who was erased after a backup is erased again in the restored service."""

import json
import signal
import sys
from pathlib import Path

import pytest

from app.backup.erasures import write_erasures
from app.backup.errors import BackupError
from app.backup.make import make_backup
from app.backup.restore import restore_backup
from app.core.errors import UnknownRevisionError
from app.database import open_database
from app.migrations import migrate
from app.orders.buyers.erasure import erase_due
from app.settings import Settings
from tests.backup.test_backup import empty
from tests.orders.buyers import EMAIL, bought
from tests.orders.desk import Desk
from tests.support.dying import run_program
from tests.support.shop import Shop
from tests.support.stack import SilentQueue, environment, query

__all__ = ["empty"]  # a fixture
REFEED = Path(sys.executable).with_name("refeed")
NAMES = "SELECT shipping_address ->> 'last_name' FROM sales_order"


def url_of(settings: Settings) -> str:
    assert settings.database_url
    return settings.database_url.get_secret_value()


async def test_a_restore_repeats_what_was_erased_after_the_backup(
    shop: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    desk, archive, written = Desk(shop), tmp_path / "a.tar", tmp_path / "e.jsonl"
    await desk.stock()
    await bought(desk)
    make_backup(settings, archive)
    answer = await desk.api.post("/v1/buyers/erase", json={"email": EMAIL})
    assert answer.json()["orders"] == 1

    count = write_erasures(settings, written)
    restore_backup(empty, archive, written)
    restored = query(url_of(empty), NAMES)
    async with open_database(url_of(empty), SilentQueue()) as database:
        erased = await erase_due(database, None)

    assert count == 1
    assert EMAIL.lower() not in written.read_text().lower()
    assert written.stat().st_mode & 0o777 == 0o600
    assert restored == [("Zyxexemple",)]
    assert erased == 1
    assert query(url_of(empty), NAMES) == [(None,)]


@pytest.mark.parametrize(
    ("step", "is_served"),
    [
        ("restore.loaded", False),
        ("restore.completing", False),
        ("restore.completed", True),
    ],
)
async def test_a_killed_restore_is_not_served_without_the_erasures(
    shop: Shop,
    settings: Settings,
    empty: Settings,
    tmp_path: Path,
    step: str,
    is_served: bool,  # noqa: FBT001 - a table
):
    desk, archive, written = Desk(shop), tmp_path / "a.tar", tmp_path / "e.jsonl"
    await desk.stock()
    await bought(desk)
    make_backup(settings, archive)
    await desk.api.post("/v1/buyers/erase", json={"email": EMAIL})
    write_erasures(settings, written)

    died = run_program(
        [REFEED, "restore", archive, "--erasures", written],
        env=environment(empty) | {"REFEED_FAILPOINT": f"{step}={tmp_path / 'died'}"},
        capture_output=True,
        text=True,
    )

    assert died.returncode == -signal.SIGKILL, died.stderr
    assert migrates(url_of(empty)) is is_served
    requests = query(url_of(empty), "SELECT is_open FROM buyer_erasure")
    active = query(url_of(empty), "SELECT active FROM store")
    assert (requests, active) == (
        ([(True,)], [(False,)]) if is_served else ([], [(True,)])
    )


def migrates(url: str) -> bool:
    """What each process does before it serves a database."""
    try:
        migrate(url)
    except UnknownRevisionError:
        return False
    return True


def test_the_command_writes_the_list_and_says_how_long_it_is(
    settings: Settings, tmp_path: Path
):
    written = tmp_path / "e.jsonl"
    done = run_program(
        [REFEED, "erasures", written],
        env=environment(settings),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "has 0 erasures" in " ".join(done.stderr.split())
    assert written.read_text() == ""


@pytest.mark.parametrize(
    "line",
    [
        "ada@example.org",
        json.dumps({"account_id": "1", "digest": "0" * 64, "requested_at": "x"}),
        json.dumps({"email": EMAIL}),
    ],
)
def test_a_list_that_is_none_stops_the_restore_before_it_begins(
    settings: Settings, empty: Settings, tmp_path: Path, line: str
):
    archive, written = tmp_path / "a.tar", tmp_path / "e.jsonl"
    make_backup(settings, archive)
    written.write_text(f"{line}\n")

    with pytest.raises(BackupError, match="is no list of erasures"):
        restore_backup(empty, archive, written)

    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert query(url_of(empty), tables) == [(0,)]
