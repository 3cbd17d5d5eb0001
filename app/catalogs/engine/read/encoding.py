"""Converts a text file to UTF-8; detects its encoding if none is stated."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from app.catalogs.engine.read.archives import BLOCK
from app.catalogs.engine.read.formats import SAMPLE
from app.catalogs.engine.read.source import CatalogRejectedError

ACCEPTED = "UTF-8, UTF-16 (with byte order mark), windows-1252, ISO-8859-1, ISO-8859-15"

QUOTES_AND_NUL = ('"', "'", "\0")
_KNOWN = ("utf-8", "utf-16", "cp1252", "iso8859-1", "iso8859-15")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Utf8File:
    """A file of valid UTF-8 whose lines end in LF or CRLF.

    `special_chars`: the characters of QUOTES_AND_NUL that occur in it.
    """

    path: Path
    encoding: str
    special_chars: frozenset[str]


def detect_bom(head: bytes) -> str | None:
    """The encoding of a byte order mark, None without one."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def convert_to_utf8(path: Path, stated: str | None, workdir: Path) -> Utf8File:
    """Return the file itself if it is UTF-8, else a converted copy in `workdir`.

    Without a byte order mark and a stated encoding: UTF-8 if it is valid, else cp1252.
    Raises CatalogRejectedError if the file does not have the stated encoding.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    encoding = detect_bom(head) or canonical_encoding(stated)
    if encoding in {None, "utf-8"}:
        valid, special_chars = _scan_utf8(path)
        if valid:
            if not _ends_lines_with_cr(head):
                return Utf8File(path, "utf-8", special_chars)
            encoding = "utf-8"
        elif encoding:
            raise _invalid_encoding(encoding)
    encoding = encoding or "cp1252"
    target = workdir / "text"
    special_chars = _transcode(path, target, encoding)
    return Utf8File(target, encoding, special_chars)


def canonical_encoding(stated: str | None) -> str | None:
    """Python's name of the encoding. Raises CatalogRejectedError if unsupported."""
    if not stated:
        return None
    try:
        name = codecs.lookup(stated).name.removesuffix("-sig")
    except LookupError:
        name = ""
    if name not in _KNOWN:
        raise CatalogRejectedError(
            "encoding", f"the encoding {stated!r} is not known", ACCEPTED
        )
    return name


def _scan_utf8(path: Path) -> tuple[bool, frozenset[str]]:
    """Whether the file is valid UTF-8, and which of QUOTES_AND_NUL occur."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    special_chars: frozenset[str] = frozenset()
    pending = False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            special_chars |= {s for s in QUOTES_AND_NUL if s.encode() in block}
            if block.isascii() and not pending:
                continue
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False, special_chars
            pending = bool(decoder.getstate()[0])
    return not pending, special_chars


def _transcode(path: Path, target: Path, encoding: str) -> frozenset[str]:
    special_chars: frozenset[str] = frozenset()
    try:
        with (
            path.open(encoding=encoding, newline=None) as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while block := text.read(BLOCK):
                special_chars |= {char for char in QUOTES_AND_NUL if char in block}
                out.write(block)
    except UnicodeError as error:
        raise _invalid_encoding(encoding) from error
    return special_chars


def _ends_lines_with_cr(head: bytes) -> bool:
    return b"\n" not in head and b"\r" in head.rstrip(b"\r")


def _invalid_encoding(encoding: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "encoding", f"the file is not valid {encoding}", ACCEPTED
    )
