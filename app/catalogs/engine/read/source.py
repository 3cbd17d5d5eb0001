"""Input of the engine: a stored file, hints about its format, and limits."""

from dataclasses import dataclass, field
from pathlib import Path


class CatalogRejectedError(Exception):
    """The catalog as a whole cannot be used; the offers stay unchanged.

    `columns` are the catalog's columns if the header could be read.
    """

    def __init__(
        self,
        code: str,
        message: str,
        accepted: str | None = None,
        columns: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.accepted = accepted
        self.columns = columns

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Keep all parts when a parser process sends the error."""
        return type(self), (self.code, self.message, self.accepted, self.columns)


@dataclass(frozen=True, slots=True)
class Hints:
    """Stated properties of a file; None is detected. `quote=""`: no quotes."""

    separator: str | None = None
    quote: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    """Name or 1-based number of the sheet of a workbook."""
    header_row: int | None = None
    """Line of the header, 1-based; 0: there is none."""
    country: str | None = None
    """The store's (ISO 3166): a guess of the encoding prefers its code pages."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """ReadLimits that keep a hostile file from filling the disk or the report."""

    max_expanded_bytes: int = 8 * 1024**3
    max_ratio: int = 200
    ratio_counts_after_bytes: int = 32 * 1024**2
    max_stored_problems: int = 100_000
    max_records: int | None = None
    """Maximum number of records to read; None reads all."""
    max_sample_records: int = 100_000
    """Records of a file without lines that a preview of its beginning reads."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A stored upload; magic bytes take precedence over media type and filename."""

    path: Path
    media_type: str | None = None
    filename: str | None = None
    hints: Hints = field(default_factory=Hints)
    limits: ReadLimits = field(default_factory=ReadLimits)

    @property
    def size_bytes(self) -> int:
        """Of the stored file; 0 if it was deleted."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


@dataclass(frozen=True, slots=True)
class Note:
    """What was detected with doubt, or differs from what was stated.

    `line` is the line of the file (1-based) that it is about.
    """

    code: str
    message: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """The detected format; `separator` and `quote` only for CSV.

    `encoding` is None for a format without a choice, such as Parquet.
    """

    format: str
    encoding: str | None
    separator: str | None = None
    quote: str | None = None
    compression: str | None = None
    notes: tuple[Note, ...] = ()
