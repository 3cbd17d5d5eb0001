"""Guesses the encoding of a text without a statement: UTF-8, then code pages."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

from app.catalogs.engine.read.archives import BLOCK

_WESTERN = "cp1252"
_OF_COUNTRY = {"SK": "cp1250", "GR": "cp1253", "JP": "cp932"}
"""Code pages that programs of a market write; others write windows-1252."""
_CANDIDATES = ("cp1252", "cp1250", "cp1253", "cp932", "euc_jp", "cp1251", "cp1254")
_SAMPLE = 64 * 1024
_FEW = 0.25
"""Invalid bytes per valid character of several bytes up to which it is UTF-8."""
_WIDE = 0.3
"""Share of NUL bytes at even or odd positions that makes a text UTF-16."""
_TEXT_BYTES = bytes((9, 10, 13, *range(32, 256)))
_KANA = re.compile("[\u3041-\u30fa]")
_HALF_WIDTH = re.compile("[\uff66-\uff9d]")


@dataclass(frozen=True, slots=True)
class Utf8Share:
    """How far a file is UTF-8: characters of several bytes, and invalid bytes.

    `has_lone_cr`: some CR has no LF after it, as in files of old Macintosh programs.
    """

    multibyte: int
    invalid: int
    special_chars: frozenset[str]
    has_lone_cr: bool = False

    @property
    def is_valid(self) -> bool:
        return not self.invalid

    @property
    def is_mostly_valid(self) -> bool:
        return 0 < self.invalid <= _FEW * self.multibyte


def share_of_utf8(path: Path, special: tuple[str, ...]) -> Utf8Share:
    """Count over the whole file; `special`: characters whose occurrence is noted."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    multibyte = invalid = 0
    has_lone_cr = False
    found: frozenset[str] = frozenset()
    last = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if b"\r" in block or last == b"\r":
                has_lone_cr |= _LONE_CR.search(last + block) is not None
            last = block[-1:]
            found |= {char for char in special if char.encode() in block}
            if block.isascii() and not decoder.getstate()[0]:
                continue
            text = decoder.decode(block)
            broken = _surrogates(text)
            invalid += broken
            multibyte += sum(map(len, _NON_ASCII.findall(text))) - broken
    invalid += _surrogates(decoder.decode(b"", final=True))
    return Utf8Share(multibyte, invalid, found, has_lone_cr or last == b"\r")


_LONE_CR = re.compile(rb"\r[^\n]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")


def _surrogates(text: str) -> int:
    try:
        text.encode()
    except UnicodeEncodeError:
        return len(re.findall("[\udc80-\udcff]", text))
    return 0


def wide_without_mark(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: every other byte of ASCII text is NUL."""
    for name, high, low in (
        ("utf-16-le", head[1::2], head[::2]),
        ("utf-16-be", head[::2], head[1::2]),
    ):
        controls = len(low.translate(None, _TEXT_BYTES))
        if high.count(0) > _WIDE * len(high) and controls < _FEW * len(low):
            return name
    return None


def guess(path: Path, country: str | None) -> tuple[str | None, str]:
    """Python's name of the likely encoding, and the reason; None: nothing fits.

    The code page of the country's programs, if the whole file is valid in it; else
    the one that charset-normalizer finds in the lines that are not ASCII.
    """
    usual = _OF_COUNTRY.get(country or "", _WESTERN)
    if usual == "cp932":
        return _japanese(path)
    if _is_valid(path, usual):
        return usual, "usual in the store's country" if country else "the usual one"
    sample = _telling_lines(path)
    found = from_bytes(sample, cp_isolation=list(_CANDIDATES)).best()
    name = found.encoding if found else None
    if name and _is_valid(path, name):
        return name, f"not valid {usual}; the letters fit"
    return None, f"not valid {usual}" + (f", maybe {name}" if name else "")


def _japanese(path: Path) -> tuple[str | None, str]:
    """Shift_JIS or EUC-JP; text of one is often valid in the other.

    EUC-JP has kana of two bytes, which Shift_JIS shows as half-width katakana.
    """
    sample = _telling_lines(path)
    in_euc = sample.decode("euc_jp", errors="ignore")
    in_sjis = sample.decode("cp932", errors="ignore")
    prefers_euc = _KANA.search(in_euc) and (
        _HALF_WIDTH.search(in_sjis) or not _is_valid(path, "cp932")
    )
    for name in ("euc_jp", "cp932") if prefers_euc else ("cp932", "euc_jp"):
        if _is_valid(path, name):
            return name, "usual in the store's country"
    if _is_valid(path, _WESTERN):
        return _WESTERN, "not valid Shift_JIS or EUC-JP"
    return None, "not valid Shift_JIS, EUC-JP or windows-1252"


def _is_valid(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _telling_lines(path: Path) -> bytes:
    """Lines with bytes beyond ASCII, from the start of the file."""
    lines: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        while size < _SAMPLE and (line := file.readline(_SAMPLE)):
            if not line.isascii():
                lines.append(line)
                size += len(line)
    return b"".join(lines)
