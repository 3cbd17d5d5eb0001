"""What is handed to the engine: a stored file, what is said of it, how far to go."""

from dataclasses import dataclass, field
from pathlib import Path


class CatalogRejectedError(Exception):
    """The catalog as a whole cannot be used; the offers stay as they were.

    `columns` are those of the catalog where it could be read that far.
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


@dataclass(frozen=True, slots=True)
class Hints:
    """What the sender says of a text file; None is found out. `quote=""` is none."""

    separator: str | None = None
    quote: str | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep a hostile file from filling the disk or the report."""

    max_expanded_bytes: int = 8 * 1024**3
    max_ratio: int = 200
    ratio_counts_after_bytes: int = 32 * 1024**2
    max_stored_problems: int = 100_000
    max_records: int | None = None
    """Where only the beginning is looked at; None is all."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An upload as it lies in storage; magic bytes win over the two names."""

    path: Path
    media_type: str | None = None
    filename: str | None = None
    hints: Hints = field(default_factory=Hints)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Found:
    """What the file turned out to be; `separator` and `quote` only for CSV.

    `encoding` is None where the format leaves no choice, as Parquet does.
    """

    format: str
    encoding: str | None
    separator: str | None = None
    quote: str | None = None
    compression: str | None = None
