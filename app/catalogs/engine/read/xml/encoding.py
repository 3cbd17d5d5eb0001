"""Decides the encoding of an XML file, and converts it to UTF-8.

The declaration is often wrong: it stays as it was when a program converted the file.
Text of several scripts that is valid UTF-8 by chance does not occur.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from app.catalogs.engine.read.archives import BLOCK
from app.catalogs.engine.read.source import CatalogRejectedError

ACCEPTED_ENCODINGS = (
    "UTF-8, UTF-16 with byte order mark, windows-1250 to 1258, ISO-8859-1 to 16, "
    "KOI8-R, KOI8-U, Shift_JIS, EUC-JP, GB18030, Big5 or EUC-KR"
)
_KNOWN = frozenset(
    (
        *("utf-8", "utf-16", "ascii", "koi8-r", "koi8-u"),
        *(f"cp{number}" for number in range(1250, 1259)),
        *(f"iso8859-{number}" for number in range(1, 17)),
        *("shift_jis", "cp932", "euc_jp", "gb2312", "gbk", "gb18030"),
        *("big5", "cp950", "euc_kr", "cp949"),
    )
)
"""Supersets of ASCII, and UTF-16: with others, bytes of ASCII mean something else."""
_DECLARED = re.compile(rb"<\?xml[^>]{1,99}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class XmlText:
    """A file of valid UTF-8, and the encoding that it had, by Python's name.

    `stated` is the name in the declaration or the media type.
    """

    path: Path
    encoding: str
    stated: str


def xml_text(path: Path, head: bytes, stated: str | None, workdir: Path) -> XmlText:
    """The file itself if it is valid UTF-8, else a converted copy in `workdir`.

    Valid UTF-8 takes precedence over any statement; then `stated`, then the
    declaration. Raises CatalogRejectedError, `encoding`, for an unknown one, or for
    bytes that are not of this encoding.
    """
    name = _known(stated or _declared(head))
    if not head.startswith(_WIDE) and _is_utf8(path):
        return XmlText(path, "utf-8", name)
    if head.startswith(_WIDE):
        name = "utf-16"
    target = workdir / "text.xml"
    try:
        with (
            path.open(encoding=name, newline="") as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while block := text.read(BLOCK):
                out.write(block)
    except UnicodeError as error:
        raise CatalogRejectedError(
            "encoding", f"the file is not valid {name}", ACCEPTED_ENCODINGS
        ) from error
    return XmlText(target, name, name)


def _declared(head: bytes) -> str:
    found = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    return found[1].decode("ascii") if found else "utf-8"


def _known(stated: str) -> str:
    try:
        name = codecs.lookup(stated).name.removesuffix("-sig")
    except LookupError:
        name = ""
    if name not in _KNOWN:
        raise CatalogRejectedError(
            "encoding", f"the encoding {stated[:40]!r} is not known", ACCEPTED_ENCODINGS
        )
    return name


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
