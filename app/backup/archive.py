"""The archive: a tar file with a manifest, a dump of the database, and the files.

manifest.json     what is needed to check the archive before anything is written
database.dump     pg_dump's custom format
files/<store>/... uploads, named by their SHA-256
"""

import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from app.backup.errors import BackupError
from app.core.file_storage import PART

MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files/"
FORMAT = 1
MAX_MANIFEST = 64 * 1024
_BROKEN = (tarfile.TarError, EOFError, OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`probe`: a text that the vault sealed, to check the secret key (hexadecimal)."""

    format: int
    release: str
    revision: str
    created_at: str
    probe: str
    probe_key: str


def write(target: Path, manifest: Manifest, dump: Path, uploads: Path) -> None:
    """Write the archive; it has its name only once it is complete and synced.

    Raises BackupError.
    """
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            _add_text(tar, MANIFEST, json.dumps(asdict(manifest), indent=1))
            tar.add(dump, DUMP, recursive=False)
            for path in _files_of(uploads):
                # Retention may delete a file at any time; its row then says so.
                with suppress(FileNotFoundError):
                    name = f"{FILES}{path.relative_to(uploads)}"
                    tar.add(path, name, recursive=False)
        _sync(draft)
        draft.replace(target)
    except OSError as error:
        raise BackupError(
            f"{target} cannot be written ({error.strerror or error})"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def _files_of(uploads: Path) -> Iterator[Path]:
    """Complete uploads; parts of bodies that still arrive are left out."""
    for path in sorted(uploads.glob("*/*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith(PART):
            yield path


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text.encode()), 0o600
    tar.addfile(member, io.BytesIO(text.encode()))


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def read_manifest(source: Path) -> Manifest:
    """Read the first member. Raises BackupError for anything but an archive of ours."""
    try:
        with tarfile.open(source, "r:") as tar:
            member = tar.next()
            if member is None or member.name != MANIFEST or member.size > MAX_MANIFEST:
                raise ValueError(MANIFEST)
            stream = tar.extractfile(member)
            found = Manifest(**json.loads(stream.read() if stream else ""))
    except _BROKEN as error:
        raise BackupError(
            f"{source} is not a backup of refeed, or is broken"
        ) from error
    if found.format != FORMAT:
        raise BackupError(f"{source} has format {found.format}, known is {FORMAT}")
    return found


@contextmanager
def unpacked(source: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    """The dump and the folder of the files, extracted into `folder`.

    Links, devices, and names that lead out of the folder are refused. Raises
    BackupError.
    """
    try:
        with tarfile.open(source, "r:") as tar:
            tar.extractall(folder, filter="data")
    except _BROKEN as error:
        raise BackupError(f"{source} is broken: {error}") from error
    if not (folder / DUMP).is_file():
        raise BackupError(f"{source} has no {DUMP}: it is incomplete")
    (folder / FILES).mkdir(exist_ok=True)
    yield folder / DUMP, folder / FILES
