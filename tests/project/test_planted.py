"""Programs that tests start are searched for secrets and buyers' data."""

import os
import sys
from pathlib import Path

from tests.support.dying import open_program, run_program
from tests.support.patience import PATIENCE
from tests.support.planted import found_in_programs
from tests.support.processes import start
from tests.support.stack import ADMIN_KEY, SECRET_KEY


def say_a_secret() -> None:
    os.write(1, f"key {ADMIN_KEY}\n".encode())
    os.write(2, f"key {SECRET_KEY}\n".encode())


def test_what_a_process_writes_is_found_once():
    start(say_a_secret, {}).wait(PATIENCE)

    assert found_in_programs(None) == [ADMIN_KEY, SECRET_KEY]
    assert found_in_programs(None) == []


def test_the_output_of_a_program_is_searched(tmp_path: Path):
    command = [sys.executable, "-c", f"print({ADMIN_KEY!r}); 1 / 0"]
    run_program(command, capture_output=True)
    with (tmp_path / "said").open("wb") as said:
        open_program(command, stdout=said, stderr=said).wait()

    assert found_in_programs(None) == [ADMIN_KEY, ADMIN_KEY]


def test_log_files_of_a_folder_have_none_of_its_keys(tmp_path: Path):
    log = tmp_path / "state" / "logs" / "api.log"
    log.parent.mkdir(parents=True)
    log.write_text("event buyer-77@example.org\nkey the-key-of-this-folder\n")
    (tmp_path / "state" / "admin.key").write_text("the-key-of-this-folder\n")

    found = found_in_programs(tmp_path)
    log.unlink()

    assert sorted(found) == ["buyer-77@example.org", "the-key-of-this-folder"]
    assert found_in_programs(tmp_path) == []
