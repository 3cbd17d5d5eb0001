"""The fuzz target: each file is read, or rejected with a documented code."""

import asyncio
import hashlib
import json
import re
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.preview import preview_catalog
from app.catalogs.engine.read.bounds import MAX_COLUMNS
from app.catalogs.engine.read.inspect import Inspection, inspect_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, Hints, SourceFile
from app.catalogs.mapping.proposal import propose
from app.parser_process.errors import ParserCrashedError, ParserLimitError
from app.parser_process.limits import ParserLimits
from app.parser_process.pool import POOL
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.engine.samples import MAPPING
from tests.fuzz.mutations import damaged_files

CORPUS = Path(__file__).parent / "corpus"
FORMATS = Path(__file__).parents[2] / "docs" / "reference" / "catalog-formats.md"
LIMITS = ParserLimits(memory_bytes=512 << 20, cpu_seconds=5, seconds=60)
CONFIG = ImportConfig(CatalogMapping(attributes=MAPPING), {"phones": 1}, "EUR")
CODES = frozenset(
    code
    for line in FORMATS.read_text().partition("## Rejected catalogs")[2].splitlines()
    for code in re.findall("`([a-z_]+)`", line.partition(" | ")[0])
)
"""The documented codes of rejections."""
_HINTS = st.builds(
    Hints,
    separator=st.sampled_from([*[None] * 6, ",", ";", "\t", "x"]),
    quote=st.sampled_from([*[None] * 6, '"', "'", ""]),
    encoding=st.sampled_from([*[None] * 6, "utf-8", "cp1252", "utf-16", "utf-7"]),
    sheet=st.sampled_from([*[None] * 6, "1", "x"]),
    header_row=st.sampled_from([*[None] * 6, 0, 1, 2, 99]),
    country=st.sampled_from([None, "FR", "JP", "GR", "SK"]),
)
_TYPES = st.sampled_from(
    [
        *(*[None] * 9, "text/csv", "application/json", "application/xml"),
        *("application/x-ndjson", "application/vnd.apache.parquet"),
    ]
)

UPLOADS = st.deferred(lambda: st.builds(Upload, damaged_files(), _HINTS, _TYPES))
ENDINGS: Counter[str] = Counter()
"""How the files of this process ended."""


def read_at_all_places(source: SourceFile) -> Inspection:
    """Inspect the file, propose a mapping and preview an import; in a child."""
    with TemporaryDirectory() as folder:
        found = inspect_catalog(source, Path(folder))
        propose(found.columns, found.sample)
        with suppress(CatalogRejectedError):  # columns of the mapping are missing
            preview_catalog(source, CONFIG, Path(folder), 1 << 20, 20)
        return found


@dataclass(frozen=True, slots=True)
class Upload:
    """A file and what is stated about it."""

    content: bytes
    hints: Hints
    media_type: str | None = None

    def encoded(self) -> bytes:
        """A line of JSON with the statements, then the file."""
        stated = {"media_type": self.media_type, "hints": asdict(self.hints)}
        return json.dumps(stated).encode() + b"\n" + self.content


def decode(stored: bytes) -> Upload:
    first, _, content = stored.partition(b"\n")
    stated = json.loads(first)
    return Upload(content, Hints(**stated["hints"]), stated["media_type"])


def check(upload: Upload) -> None:
    """Read a file in a parser process. Raises AssertionError for a wrong ending.

    A limit and a crash are right endings: the file is rejected.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(upload.content)
        source = SourceFile(path, upload.media_type, hints=upload.hints)
        ending = _ending_of(source)
    if isinstance(ending, Inspection):
        ENDINGS[f"read as {ending.detected.format}"] += 1
        _check_content(ending)
    elif isinstance(ending, CatalogRejectedError):
        ENDINGS[ending.code] += 1
        assert ending.code in CODES, ending.code
        assert ending.message
    else:
        ENDINGS[str(ending)] += 1
        assert isinstance(ending, ParserLimitError) or "SIG" in str(ending), ending


def _ending_of(source: SourceFile) -> Inspection | Exception:
    try:
        return asyncio.run(POOL.run(read_at_all_places, source, limits=LIMITS))
    except (CatalogRejectedError, ParserLimitError, ParserCrashedError) as error:
        return error


def _check_content(found: Inspection) -> None:
    assert found.rows > 0
    assert len(set(found.columns)) == len(found.columns) <= MAX_COLUMNS
    texts = [text for row in found.sample for text in row.values()]
    assert all(tuple(row) == found.columns for row in found.sample), found.columns
    assert not [text for text in texts if text == "" or "\0" in (text or "")], texts


def keep(upload: Upload) -> Path:
    """Store a finding; it is a test from then on."""
    stored = upload.encoded()
    path = CORPUS / hashlib.sha256(stored).hexdigest()[:16]
    path.write_bytes(stored)
    return path
