"""Decides the encoding of an XML file, and converts it to UTF-8.

The declaration is often wrong: it stays as it was when a program converted the file.
Text of several scripts that is valid UTF-8 by chance does not occur.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from app.catalogs.engine.read.archives import BLOCK
from app.catalogs.engine.read.encoding import (
    ACCEPTED,
    canonical_encoding,
    contradicted,
)
from app.catalogs.engine.read.encoding_guess import share_of_utf8
from app.catalogs.engine.read.source import CatalogRejectedError, Note

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
    notes: tuple[Note, ...] = ()


def xml_text(path: Path, head: bytes, stated: str | None, workdir: Path) -> XmlText:
    """The file itself if it is valid UTF-8, else a converted copy in `workdir`.

    Valid UTF-8 takes precedence over any statement; then `stated`, then the
    declaration. Raises CatalogRejectedError, `encoding`, for an unknown one, or for
    bytes that are not of this encoding.
    """
    name = canonical_encoding(stated or _declared(head)) or "utf-8"
    if not head.startswith(_WIDE):
        share = share_of_utf8(path, ())
        if share.is_valid:
            notes = contradicted(name) if share.multibyte else ()
            return XmlText(path, "utf-8", name, notes)
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
            "encoding", f"the file is not valid {name}", ACCEPTED
        ) from error
    return XmlText(target, name, name)


def _declared(head: bytes) -> str:
    found = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    return found[1].decode("ascii") if found else "utf-8"
