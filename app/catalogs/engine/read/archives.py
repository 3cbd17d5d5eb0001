"""Decompresses gzip and ZIP files into a temporary file; stops at a bomb."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits, SourceFile
from app.catalogs.engine.read.workbooks.kinds import workbook_in

BLOCK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
ACCEPTED_ARCHIVE = "a ZIP archive with one catalog in it, without a password"
_DIRECTORY_BYTES = 4 << 20
"""Maximum size of a ZIP's central directory, about 40,000 entries."""
_MAX_NAMES_SHOWN = 10
_MAX_NAME_LENGTH = 80
_SYSTEM_FILES = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Other methods allocate a dictionary of a size that the archive states, up to GBs."""
_ENCRYPTED = 0x1


class InvalidOffsetError(OSError):
    """A damaged archive contains an offset before its beginning."""


_DAMAGE = (
    InvalidOffsetError,
    EOFError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    OverflowError,
    struct.error,
    ValueError,
)


class ByteReader(Protocol):
    """A reader of decompressed bytes."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A decompressed file; `source` has the name of the file inside the archive.

    `workbook` is `xlsx` or `ods` if the file is such a workbook, itself an archive.
    """

    path: Path
    source: SourceFile
    compression: str | None = None
    workbook: str | None = None


def unpack(source: SourceFile, workdir: Path) -> Unpacked:
    """Return the file itself, or its decompressed content as a file in `workdir`.

    Raises CatalogRejectedError: `too_large`, `archive` when it does not hold exactly
    one file, `nested_archive`, `unreadable` when it is damaged.
    """
    head, target = _magic(source.path), workdir / "expanded"
    if head.startswith(GZIP_MAGIC):
        with damage_rejected("gzip file"):
            _gunzip(source, target)
        return _unpacked(Unpacked(target, source, "gzip"))
    if head not in ZIP_MAGICS:
        return Unpacked(source.path, source)
    with damage_rejected("ZIP archive"), open_zip(source.path) as archive:
        workbook = workbook_in(archive)
    if workbook:
        return Unpacked(source.path, source, workbook=workbook)
    with damage_rejected("ZIP archive"):
        name = _unzip(source, target)
    return _unpacked(Unpacked(target, replace(source, filename=name), "zip"))


def _unpacked(plain: Unpacked) -> Unpacked:
    """What was in the archive; a workbook is the only archive that may be in one."""
    head = _magic(plain.path)
    if head in ZIP_MAGICS:
        with damage_rejected("ZIP archive"), open_zip(plain.path) as archive:
            workbook = workbook_in(archive)
        if workbook:
            return replace(plain, workbook=workbook)
    if head.startswith(GZIP_MAGIC) or head in ZIP_MAGICS:
        raise CatalogRejectedError(
            "nested_archive",
            f"the {plain.compression} archive contains another archive",
            "one catalog, compressed once",
        )
    return plain


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose list of entries has a limit."""
    with _BoundedReader(path, "rb") as raw, zipfile.ZipFile(raw) as archive:
        yield archive


@contextmanager
def damage_rejected(what: str) -> Iterator[None]:
    """Raise CatalogRejectedError, `unreadable`, for damage in an archive."""
    try:
        yield
    except _DAMAGE as error:
        raise CatalogRejectedError(
            "unreadable", f"the {what} is damaged: {error}", f"a whole {what}"
        ) from error


def _gunzip(source: SourceFile, target: Path) -> None:
    with source.path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as compressed:
        _copy(compressed, target, raw.tell, source.limits)


def _copy(
    compressed: ByteReader,
    target: Path,
    position: Callable[[], int],
    limits: ReadLimits,
) -> None:
    """Write the decompressed bytes; check the expansion ratio after each block."""
    written = 0
    with target.open("wb") as out:
        while block := compressed.read(BLOCK):
            written += len(block)
            reject_bomb(written, position(), limits)
            out.write(block)


def reject_bomb(written: int, read: int, limits: ReadLimits) -> None:
    """Raise CatalogRejectedError when `read` bytes expanded beyond the limits."""
    suspicious = (
        written > limits.ratio_counts_after_bytes and written > limits.max_ratio * read
    )
    if suspicious or written > limits.max_expanded_bytes:
        raise CatalogRejectedError(
            "too_large",
            "the decompressed catalog is too large",
            f"at most {limits.max_expanded_bytes} bytes, expanding at most "
            f"{limits.max_ratio} times",
        )


class _BoundedReader(io.FileIO):
    """Refuses large reads: `zipfile` reads the central directory in one piece."""

    def read(self, size: int | None = -1, /) -> bytes:
        if (size or 0) > _DIRECTORY_BYTES:
            raise CatalogRejectedError(
                "archive", "the ZIP archive has too many entries", ACCEPTED_ARCHIVE
            )
        return super().read(size) or b""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except OSError as error:
            raise InvalidOffsetError("an entry has an invalid offset") from error


def _unzip(source: SourceFile, target: Path) -> str:
    """Extract the only file of the archive; return its name."""
    with _BoundedReader(source.path, "rb") as raw, zipfile.ZipFile(raw) as archive:
        entry = _only_entry(archive)
        reject_bomb(entry.file_size, source.path.stat().st_size, source.limits)
        with archive.open(entry) as compressed:
            _copy(compressed, target, raw.tell, source.limits)
        return entry.filename


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = [e for e in archive.infolist() if not (e.is_dir() or _is_system_file(e))]
    names = [entry.filename for entry in entries]
    if len(entries) != 1:
        raise CatalogRejectedError("archive", _entries_message(names), ACCEPTED_ARCHIVE)
    (entry,) = entries
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in METHODS:
        raise CatalogRejectedError(
            "archive",
            "the file in the ZIP archive is encrypted or uses an unsupported method",
            ACCEPTED_ARCHIVE,
        )
    return entry


def _is_system_file(entry: zipfile.ZipInfo) -> bool:
    """Whether macOS or Windows added the file."""
    return entry.filename.startswith(_SYSTEM_FILES[0]) or (
        entry.filename.rpartition("/")[2] in _SYSTEM_FILES
    )


def _entries_message(names: list[str]) -> str:
    if not names:
        return "the ZIP archive is empty"
    shown = ", ".join(name[:_MAX_NAME_LENGTH] for name in names[:_MAX_NAMES_SHOWN])
    rest = len(names) - _MAX_NAMES_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    return f"the ZIP archive contains {len(names)} files: {shown}{more}"
