"""Converts a text file to UTF-8; detects its encoding if none is stated."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from app.catalogs.engine.read.archives import BLOCK
from app.catalogs.engine.read.encoding_guess import (
    Utf8Share,
    guess,
    share_of_utf8,
    wide_without_mark,
)
from app.catalogs.engine.read.formats import SAMPLE
from app.catalogs.engine.read.source import CatalogRejectedError, Note

ACCEPTED = (
    "UTF-8, UTF-16, windows-1252, ISO-8859-1, ISO-8859-15, another windows-125x or "
    "ISO-8859-x, Mac Roman, CP437, CP850, CP852, KOI8-R, KOI8-U, Shift_JIS, EUC-JP, "
    "GB18030, Big5 or EUC-KR"
)
QUOTES_AND_NUL = ('"', "'", "\0")
ENCODINGS = frozenset(
    (
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
        *("cp437", "cp850", "cp852", "cp858", "mac-roman", "mac-latin2"),
        *("shift_jis", "cp932", "euc_jp", "gb2312", "gbk", "gb18030"),
        *("big5", "cp950", "euc_kr", "cp949"),
    )
)
"""Python's names. Others, such as UTF-7, give bytes of ASCII another meaning."""
_SUPERSETS = {"shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAX_NAMED_LINES = 20


@dataclass(frozen=True, slots=True)
class Utf8File:
    """A file of valid UTF-8 whose lines end in LF or CRLF.

    `special_chars`: the characters of QUOTES_AND_NUL that occur in it.
    """

    path: Path
    encoding: str
    special_chars: frozenset[str]
    notes: tuple[Note, ...] = ()


def detect_bom(head: bytes) -> str | None:
    """The encoding of a byte order mark, None without one."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def canonical_encoding(stated: str | None) -> str | None:
    """Python's name of the encoding; its superset where programs mean that.

    Raises CatalogRejectedError if unsupported.
    """
    if not stated:
        return None
    try:
        name = codecs.lookup(stated).name.removesuffix("-sig")
    except (LookupError, ValueError):
        name = ""
    if name == "ascii":
        return "utf-8"
    if name not in ENCODINGS:
        raise CatalogRejectedError(
            "encoding", f"the encoding {stated[:40]!r} is not known", ACCEPTED
        )
    return _SUPERSETS.get(name, name)


def convert_to_utf8(
    path: Path, stated: str | None, workdir: Path, country: str | None = None
) -> Utf8File:
    """Return the file itself if it is UTF-8, else a converted copy in `workdir`.

    Valid UTF-8 takes precedence over a stated encoding; then that, then a guess that
    prefers the code pages of the store's country. A file that is UTF-8 but for a few
    bytes stays UTF-8: these become U+FFFD. Raises CatalogRejectedError, `encoding`.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    mark, name = detect_bom(head), canonical_encoding(stated)
    wide = None if mark else wide_without_mark(head)
    if mark == "utf-16" or wide or (name or "").startswith("utf-16"):
        return _converted(path, mark or wide or name or "utf-16", workdir)
    share = share_of_utf8(path, QUOTES_AND_NUL)
    if share.is_valid and not share.has_lone_cr:
        notes = contradicted(name) if share.multibyte else ()
        return Utf8File(path, "utf-8", share.special_chars, notes)
    if share.is_valid:
        return _converted(path, "utf-8", workdir)
    if share.is_mostly_valid and name in {None, "utf-8"}:
        return _repaired(path, share, workdir)
    if name == "utf-8":
        raise _invalid_encoding(name)
    if name:
        return _converted(path, name, workdir)
    return _guessed(path, country, workdir)


def _guessed(path: Path, country: str | None, workdir: Path) -> Utf8File:
    name, why = guess(path, country)
    if name is None:
        raise CatalogRejectedError(
            "encoding",
            f"the file is not valid UTF-8, and no encoding fits it for sure ({why})",
            f"the encoding stated as `encoding`: {ACCEPTED}",
        )
    text = (
        f"the file is not valid UTF-8; it was read as {name} ({why}). If letters are "
        "wrong, state `encoding`"
    )
    return _converted(path, name, workdir, (Note("encoding_guessed", text),))


def _converted(
    path: Path, encoding: str, workdir: Path, notes: tuple[Note, ...] = ()
) -> Utf8File:
    target = workdir / "text"
    try:
        special_chars = _transcode(path, target, encoding)
    except UnicodeError as error:
        raise _invalid_encoding(encoding) from error
    return Utf8File(target, encoding, special_chars, notes)


def _repaired(path: Path, share: Utf8Share, workdir: Path) -> Utf8File:
    """A copy in which each invalid byte is U+FFFD."""
    target = workdir / "text"
    special_chars = _transcode(path, target, "utf-8", errors="replace")
    lines = _lines_with_replacements(target)
    text = (
        f"{share.invalid} bytes are not valid UTF-8 and were replaced; lines: "
        + ", ".join(map(str, lines))
    )
    note = Note("invalid_bytes", text, lines[0] if lines else None)
    return Utf8File(target, "utf-8", special_chars, (note,))


def _lines_with_replacements(path: Path) -> list[int]:
    found: list[int] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if b"\xef\xbf\xbd" in line:
                found.append(number)
                if len(found) == _MAX_NAMED_LINES:
                    break
    return found


def _transcode(
    path: Path, target: Path, encoding: str, errors: str = "strict"
) -> frozenset[str]:
    special_chars: frozenset[str] = frozenset()
    with (
        path.open(encoding=encoding, newline=None, errors=errors) as text,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        while block := text.read(BLOCK):
            special_chars |= {char for char in QUOTES_AND_NUL if char in block}
            out.write(block)
    return special_chars


def contradicted(stated: str | None) -> tuple[Note, ...]:
    """The note for a stated encoding of a file that is valid UTF-8."""
    if stated in {None, "utf-8"}:
        return ()
    text = f"{stated} was stated, but the file is valid UTF-8 and was read as that"
    return (Note("encoding_contradicted", text),)


def _invalid_encoding(encoding: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "encoding",
        f"the file is not valid {encoding}",
        f"the encoding that the file has, stated as `encoding`: {ACCEPTED}",
    )
