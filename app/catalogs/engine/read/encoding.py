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
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Utf8File:
    """A file of valid UTF-8 whose lines end in LF or CRLF.

    `signs` are the characters of QUOTES_AND_NUL that occur in it.
    """

    path: Path
    encoding: str
    signs: frozenset[str]


def find_mark(head: bytes) -> str | None:
    """The encoding of a byte order mark, None without one."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def as_utf8(path: Path, given: str | None, workdir: Path) -> Utf8File:
    """Return the file itself if it is UTF-8, else a converted copy in `workdir`.

    Without a byte order mark and a stated encoding: UTF-8 if it is valid, else cp1252.
    Raises CatalogRejectedError if the file does not have the stated encoding.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    encoding = find_mark(head) or known_encoding(given)
    if encoding in {None, "utf-8"}:
        valid, signs = _examine(path)
        if valid:
            if not _ends_lines_with_cr(head):
                return Utf8File(path, "utf-8", signs)
            encoding = "utf-8"
        elif encoding:
            raise _wrong(encoding)
    encoding = encoding or "cp1252"
    target = workdir / "text"
    signs = _transcode(path, target, encoding)
    return Utf8File(target, encoding, signs)


def known_encoding(given: str | None) -> str | None:
    """Python's name of the encoding. Raises CatalogRejectedError if unsupported."""
    if not given:
        return None
    try:
        name = codecs.lookup(given).name.removesuffix("-sig")
    except LookupError:
        name = ""
    if name not in _KNOWN:
        raise CatalogRejectedError(
            "encoding", f"the encoding {given!r} is not known", ACCEPTED
        )
    return name


def _examine(path: Path) -> tuple[bool, frozenset[str]]:
    """Whether the file is valid UTF-8, and which of QUOTES_AND_NUL occur."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    signs: frozenset[str] = frozenset()
    pending = False
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            signs |= {s for s in QUOTES_AND_NUL if s.encode() in block}
            if block.isascii() and not pending:
                continue
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return False, signs
            pending = bool(decoder.getstate()[0])
    return not pending, signs


def _transcode(path: Path, target: Path, encoding: str) -> frozenset[str]:
    signs: frozenset[str] = frozenset()
    try:
        with (
            path.open(encoding=encoding, newline=None) as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while block := text.read(BLOCK):
                signs |= {sign for sign in QUOTES_AND_NUL if sign in block}
                out.write(block)
    except UnicodeError as error:
        raise _wrong(encoding) from error
    return signs


def _ends_lines_with_cr(head: bytes) -> bool:
    return b"\n" not in head and b"\r" in head.rstrip(b"\r")


def _wrong(encoding: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "encoding", f"the file is not valid {encoding}", ACCEPTED
    )
