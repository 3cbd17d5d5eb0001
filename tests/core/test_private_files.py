"""What refeed writes is accessible to its OS user only, whatever the umask."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.core.columns import new_id
from app.core.file_storage import Storage
from app.embedded.layout import Layout
from app.private_files import make_folder, tighten
from app.settings import Settings
from app.starting import open_uploads


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """The worst umask: nothing is removed from what a program asks for."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode)
        for path in root.rglob("*")
    }


async def body() -> AsyncIterator[bytes]:
    yield b"sku\n"


async def test_an_upload_and_its_folders_are_private(tmp_path: Path):
    storage = Storage(tmp_path / "deep" / "uploads")

    file = await storage.save(new_id(), body(), 10)

    folder = storage.path(file.key).parent
    assert {*modes(tmp_path).values()} == {0o600, 0o700}
    assert stat.S_IMODE(storage.path(file.key).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_folder_of_an_earlier_version_is_made_private_but_nothing_beside_it(
    tmp_path: Path,
):
    store, other = tmp_path / "uploads" / str(new_id()), tmp_path / "uploads" / "mine"
    for folder in (store, other):
        folder.mkdir(parents=True, mode=0o755)
        (folder / "file").touch(0o644)
        (folder / "link").symlink_to(tmp_path)
    outside = tmp_path.stat().st_mode

    open_uploads(Settings(state_dir=tmp_path))

    found = modes(tmp_path / "uploads")
    assert stat.S_IMODE((tmp_path / "uploads").stat().st_mode) == 0o700
    assert (found[store.name], found[f"{store.name}/file"]) == (0o700, 0o600)
    assert (found["mine"], found["mine/file"]) == (0o755, 0o644)
    assert tmp_path.stat().st_mode == outside


def test_state_files_of_an_earlier_version_are_made_private(tmp_path: Path):
    layout = Layout(tmp_path / "state")
    layout.make()
    for name in ("admin.key", "sandbox.json", "logs/a.log", "notes.txt"):
        (layout.state / name).touch(0o644)

    tighten(*layout.private)

    found = modes(layout.state)
    assert found.pop("notes.txt") == 0o644
    assert {*found.values()} == {0o600, 0o700}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(None, 0o711, id="new: the servers' user may enter"),
        pytest.param(0o755, 0o711, id="open"),
        pytest.param(0o700, 0o700, id="closed by the operator"),
    ],
)
def test_others_may_not_list_the_state_folder(
    tmp_path: Path, before: int | None, after: int
):
    root = tmp_path.stat().st_uid == 0
    state = tmp_path / "new" / "state"
    if before:
        make_folder(state, before)

    Layout(state).make()

    expected = after if root else after & 0o700
    assert stat.S_IMODE(state.stat().st_mode) == expected


def test_a_folder_beneath_a_file_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").touch()

    with pytest.raises(NotADirectoryError):
        make_folder(tmp_path / "file" / "state")
