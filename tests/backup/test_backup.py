"""A backup restores everything, and nothing where it would do harm."""

import asyncio
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from psycopg import sql
from pydantic import SecretStr

from app.backup import archive, tools
from app.backup.errors import BackupError
from app.backup.make import make_backup
from app.backup.restore import restore_backup
from app.core.errors import UnknownRevisionError
from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from app.settings import Settings
from tests.support.databases import create_database, url_of
from tests.support.dying import run_program
from tests.support.shop import Shop, row
from tests.support.stack import open_api, query, settings_for

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
CHANGED = {
    "store": [
        *("active", "listings_imported_at", "next_offers_at", "next_products_at"),
        "version",
    ],
    "event": ["transaction_id"],
}
"""Columns that a restore sets anew."""


@pytest.fixture
def empty(servers: EmbeddedServers, sandbox_url: str, tmp_path: Path) -> Settings:
    """An installation with the same keys, an empty database and no folder."""
    name = f"restored_{uuid4().hex}"
    create_database(servers, name, "template0")
    url = url_of(servers.endpoints.database_url, name)
    return settings_for(
        url, servers.endpoints.redis_url, sandbox_url, tmp_path / "restored"
    )


@pytest.fixture
async def filled(shop: Shop) -> Shop:
    """A shop with a catalog whose second row has a problem, and a publication."""
    await shop.upload([row("A1"), row("B2", price="x")])
    await shop.publish()
    return shop


def contents(settings: Settings) -> dict[str, Any]:
    """All rows of all tables as JSON, and all files."""
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    found: dict[str, Any] = {
        name: sorted(
            query(
                url,
                sql.SQL("SELECT to_jsonb(t) - %s::text[] FROM {} AS t")
                .format(sql.Identifier(name))
                .as_string(),
                CHANGED.get(name, []),
            ),
            key=str,
        )
        for (name,) in query(url, TABLES)
    }
    uploads = settings.uploads
    paths = [path for path in uploads.rglob("*") if path.is_file()]
    return found | {str(p.relative_to(uploads)): p.read_bytes() for p in paths}


def stores(settings: Settings) -> list[Any]:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    statement = "SELECT active, listings_imported_at, next_offers_at FROM store"
    return query(url, statement)


async def test_a_restored_backup_has_all_rows_and_files(
    filled: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    target = tmp_path / "backup.tar"

    make_backup(settings, target)
    active = restore_backup(empty, target)

    assert active == 1
    assert contents(empty) == contents(settings)
    assert (target.stat().st_mode & 0o777) == 0o600


async def test_restored_stores_publish_only_once_they_are_activated(
    filled: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    target = tmp_path / "backup.tar"
    make_backup(settings, target)
    restore_backup(empty, target)

    async with open_api(empty) as api:
        path = f"/v1/stores/{filled.store_id}"
        publication = await api.post(f"{path}/publications", json={})
        catalog = (await api.get(f"{path}/catalogs")).json()["items"][0]
        rejected = await api.get(f"/v1/catalogs/{catalog['id']}/rejected.csv")

    assert stores(empty) == [(False, None, None)]
    assert publication.status_code == 409
    assert "B2" in rejected.text


async def test_events_of_a_server_with_higher_transaction_numbers_are_in_the_feed(
    filled: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    raised = "UPDATE event SET transaction_id = transaction_id + 1000000000"
    url = filled.api.database_url
    await asyncio.to_thread(query, url, f"{raised} RETURNING id")
    target = tmp_path / "backup.tar"
    make_backup(settings, target)
    restore_backup(empty, target)

    async with open_api(empty) as api:
        feed = (await api.get("/v1/events")).json()["items"]

    recorded = "SELECT id FROM event ORDER BY position"
    before = [str(id_) for (id_,) in query(url, recorded)]
    assert before
    assert [event["id"] for event in feed] == before


async def test_a_restore_that_was_killed_is_not_served(
    filled: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    assert empty.database_url
    url = empty.database_url.get_secret_value()
    target = tmp_path / "backup.tar"
    make_backup(settings, target)

    with archive.unpacked(target, tmp_path) as (dump, _):
        tools.restore(url, dump)  # and killed after it

    assert stores(empty)[0][0] is True
    with pytest.raises(UnknownRevisionError, match="a restore was interrupted"):
        migrate(url)


async def test_another_secret_key_is_refused(
    filled: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    target = tmp_path / "backup.tar"
    make_backup(settings, target)
    other = empty.model_copy(update={"secret_key": SecretStr("x" * 40)})

    with pytest.raises(BackupError, match="another secret key"):
        restore_backup(other, target)

    assert contents(empty) == {}


async def test_what_is_not_empty_is_not_overwritten(
    filled: Shop, settings: Settings, empty: Settings, tmp_path: Path
):
    target = tmp_path / "backup.tar"
    make_backup(settings, target)
    before = contents(settings)

    with pytest.raises(BackupError, match="is not empty: restore into a new folder"):
        restore_backup(settings, target)
    elsewhere = settings.model_copy(update={"storage_dir": tmp_path / "new"})
    with pytest.raises(BackupError, match="the database is not empty"):
        restore_backup(elsewhere, target)
    with pytest.raises(BackupError, match="exists already"):
        make_backup(settings, target)

    assert contents(settings) == before
    assert not (tmp_path / "new").exists()


def with_member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Any:
    """Add a hostile member to an archive."""

    def spoil(path: Path) -> None:
        with tarfile.open(path, "a") as tar:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            tar.addfile(member, io.BytesIO())

    return spoil


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_dump(path: Path) -> None:
    with tarfile.open(path) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest
        text = manifest.read()
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))


SPOILT = {
    "no archive": lambda path: path.write_bytes(b"PK\x03\x04 not a tar file"),
    "empty": lambda path: path.write_bytes(b""),
    "cut": cut,
    "no dump": without_dump,
    "leads out": with_member("files/../../outside"),
    "a link out": with_member("files/link", tarfile.SYMTYPE, "/etc/passwd"),
    "a device": with_member("files/device", tarfile.CHRTYPE),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
async def test_a_broken_archive_changes_nothing(
    shop: Shop, settings: Settings, empty: Settings, tmp_path: Path, spoil: Any
):
    target = tmp_path / "backup.tar"
    make_backup(settings, target)
    spoil(target)

    with pytest.raises(BackupError):
        restore_backup(empty, target)

    assert contents(empty) == {}
    assert not (tmp_path / "outside").exists()


def test_an_unfinished_backup_has_not_its_name(
    shop: Shop, settings: Settings, tmp_path: Path
):
    target = tmp_path / "full" / "backup.tar"
    with pytest.raises(BackupError, match="does not exist"):
        make_backup(settings, target)
    away = settings.model_copy(
        update={"database_url": SecretStr("postgresql://x@127.0.0.1:1/x")}
    )

    with pytest.raises(BackupError, match="cannot be used"):
        make_backup(away, tmp_path / "backup.tar")

    assert not list(tmp_path.glob("*backup*"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Path]:
    """The state folder of a service whose embedded servers run."""
    state = tmp_path / "state"
    with EmbeddedServers(state) as running:
        migrate(running.endpoints.database_url)
        uploads = state / "uploads" / str(uuid4())
        uploads.mkdir(parents=True)
        (uploads / "abc").write_bytes(b"sku\nA1\n")
        yield state


def refeed(state: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run_program(
        [sys.executable, "-m", "app.cli", *arguments],
        env={"REFEED_STATE_DIR": str(state), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )


def test_the_commands_back_up_a_running_service_and_restore_it(
    service: Path, tmp_path: Path
):
    target, restored = tmp_path / "backup.tar", tmp_path / "new"
    restored.mkdir()

    made = refeed(service, "backup", str(target))
    foreign = refeed(restored, "restore", str(target))
    (restored / "secret.key").write_text((service / "secret.key").read_text())
    done = refeed(restored, "restore", str(target))

    assert made.returncode == 0, made.stderr
    assert (foreign.returncode, done.returncode) == (1, 0), done.stderr
    assert "another secret key" in foreign.stderr
    assert "Restored. 0 stores were active" in done.stderr
    assert [p.read_bytes() for p in restored.glob("uploads/*/abc")] == [b"sku\nA1\n"]
