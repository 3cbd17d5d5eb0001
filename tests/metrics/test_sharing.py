"""Processes of a state folder add up their counts, and a kill loses none."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.metrics.sharing import FILE_SIZES, empty, folder_of
from tests.support.dying import open_program, run_program

ROOT = Path(__file__).resolve().parents[2]


def command(state: Path, *steps: str) -> list[str]:
    return [sys.executable, "-m", "tests.metrics.sharing_process", str(state), *steps]


def run(state: Path, *steps: str) -> list[str]:
    """What a process printed: the name of its slot, then sums."""
    done = run_program(
        command(state, *steps), cwd=ROOT, check=True, capture_output=True, text=True
    )
    lines: list[str] = done.stdout.split()
    return lines


def test_counts_of_killed_processes_are_kept_and_continued(tmp_path: Path):
    waiting = open_program(
        command(tmp_path, "count", "wait"),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout.readline() == "worker-0\n"
    other = run(tmp_path, "count", "show")

    waiting.kill()
    waiting.communicate()
    after = run(tmp_path, "show", "count", "show")

    assert other == ["worker-1", "2"]
    assert after == ["worker-0", "2", "3"]
    assert sorted(path.name for path in folder_of(tmp_path).glob("*.db")) == [
        f"{kind}_worker-{number}.db"
        for kind in ("counter", "histogram")
        for number in (0, 1)
    ]


def test_a_file_has_all_its_blocks_so_that_a_full_disk_ends_no_process(tmp_path: Path):
    run(tmp_path, "count")

    for kind, size in FILE_SIZES.items():
        found = (folder_of(tmp_path) / f"{kind}_worker-0.db").stat()
        assert found.st_size == size
        assert found.st_blocks * 512 >= size


@pytest.mark.parametrize(
    "damage",
    [b"\xff" * 64, b"\x20\0\0\0\0\0\0\0\x0a\0\0\0[1]"],
    ids=["its size", "a key"],
)
def test_a_damaged_file_is_left_out_and_replaced_by_its_next_process(
    tmp_path: Path, damage: bytes
):
    run(tmp_path, "count")
    holder = open_program(
        command(tmp_path, "wait"),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline() == "worker-0\n"
    with (folder_of(tmp_path) / "counter_worker-0.db").open("r+b") as file:
        file.write(damage)

    beside = run(tmp_path, "count", "show")
    holder.communicate()
    after = run(tmp_path, "show")

    assert beside == ["worker-1", "1"]
    assert after == ["worker-0", "1"]


def test_without_a_usable_folder_a_process_counts_for_itself(tmp_path: Path):
    (tmp_path / "metrics").write_text("a file")

    assert run(tmp_path, "count", "show")[-2:] == ["None", "1"]


def test_the_service_starts_with_new_counts(tmp_path: Path):
    run(tmp_path, "count")

    empty(tmp_path)
    empty(tmp_path)

    assert run(tmp_path, "show") == ["worker-0", "0"]


def test_folders_of_other_releases_go_when_none_of_their_processes_runs(tmp_path: Path):
    other = folder_of(tmp_path).with_name("other")
    other.mkdir(parents=True)
    (other / "counter_worker-0.db").touch()

    run(tmp_path)

    assert list(other.parent.iterdir()) == [folder_of(tmp_path)]
