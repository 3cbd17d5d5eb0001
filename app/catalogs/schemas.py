"""API schemas of catalogs and their row reports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header, Query
from pydantic import AfterValidator, BaseModel, Field

from app.catalogs.engine.validate.problems import NOTE_CODES, describe
from app.catalogs.models import Catalog
from app.catalogs.uploads.body import encoding_of, quote_of, separator_of
from app.web.schemas import Timestamp

SeparatorGiven = Annotated[
    str | None,
    Query(description="CSV only: `,` `;` `|` or `tab`; detected if absent"),
    AfterValidator(separator_of),
]
QuoteCharGiven = Annotated[
    str | None,
    Query(description="CSV only: `\"`, `'` or `none`; detected if absent"),
    AfterValidator(quote_of),
]
EncodingGiven = Annotated[
    str | None,
    Query(description="such as cp1250; detected if absent"),
    AfterValidator(encoding_of),
]
SheetGiven = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        description="workbooks only: name or number, from 1; found if absent",
    ),
]
HeaderRowGiven = Annotated[
    int | None,
    Query(
        ge=0,
        le=100_000,
        description="line of the header, from 1; 0: none; detected if absent",
    ),
]
AsOfGiven = Annotated[
    Timestamp | None,
    Query(description="time of the data; when it is received if absent"),
]
AsOfHeader = Annotated[
    Timestamp | None, Header(alias="As-Of", description="`as_of` as a header")
]
ProblemSeverity = Literal["error", "note"]
CatalogState = Literal[
    "received", "importing", "awaiting_mapping", "ready", "rejected", "superseded"
]
CatalogMode = Literal["full", "partial"]
ModeGiven = Annotated[
    CatalogMode,
    Query(
        description="`partial` updates and creates the SKUs that it contains and does "
        "not change others; `full` is everything that the store sells"
    ),
]


class CatalogCounts(BaseModel):
    """rows = created + changed + unchanged + invalid."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    disappeared: int = Field(0, description="offers that are now absent")
    unreadable: int = Field(0, description="rows without a readable SKU")
    invalid: int = Field(0, description="rows that give no active offer")
    uncategorized: int = Field(0, description="invalid rows without a mapped category")
    duplicates: int = Field(0, description="invalid rows with a repeated SKU")
    excluded: int = Field(0, description="invalid rows that a filter excludes")


class Rejection(BaseModel):
    """Why the whole catalog was rejected or superseded. It changed no offers."""

    code: str
    message: str
    accepted: str | None


class CatalogProgress(BaseModel):
    """Progress of an import."""

    id: UUID
    store_id: UUID
    state: CatalogState
    phase: str | None = Field(description="where a running import is")
    counts: CatalogCounts | None = Field(description="null until the rows are known")
    rejection: Rejection | None
    finished_at: datetime | None


class CatalogOut(BaseModel):
    """One upload and the result of its import."""

    id: UUID
    store_id: UUID
    mode: CatalogMode = Field(
        description="`partial`: SKUs that it does not contain are not changed"
    )
    state: CatalogState
    phase: str | None = Field(description="where a running import is")
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str
    detected: dict[str, Any] = Field(
        description="format, encoding, separator, quote; `notes` on what is in doubt"
    )
    columns: list[str]
    counts: CatalogCounts | None
    problem_counts: dict[str, int] = Field(description="rows by code of the error")
    note_counts: dict[str, int] = Field(description="rows by code of the note")
    excluded_by: dict[str, int] = Field(
        description="rows by the filter of the mapping that excludes them"
    )
    duplicate_of: UUID | None = Field(
        description="the current catalog, if this upload has the same bytes"
    )
    superseded_by: UUID | None = Field(
        description="the newer full catalog that was imported instead of this upload"
    )
    rejection: Rejection | None
    as_of: datetime | None = Field(description="time of the data, if it was stated")
    created_at: datetime
    finished_at: datetime | None


class RowProblemOut(BaseModel):
    """A problem of one field of one row; a `note` leaves the row valid."""

    line: int
    sku: str | None
    field: str
    code: str
    severity: ProblemSeverity
    message: str
    accepted: str | None
    value: str | None = Field(description="the raw cell, at most 100 characters")


def catalog_out(catalog: Catalog) -> CatalogOut:
    rejection = None
    if catalog.reason_code:
        rejection = Rejection(
            code=catalog.reason_code,
            message=catalog.reason or "",
            accepted=catalog.accepted,
        )
    shown = catalog.model_dump(exclude={"counts", "progress", "problem_counts"})
    counts = CatalogCounts(**catalog.counts) if catalog.counts else None
    errors, notes = split_counts(catalog.problem_counts)
    return CatalogOut(
        **shown,
        counts=counts,
        rejection=rejection,
        problem_counts=errors,
        note_counts=notes,
    )


def split_counts(by_code: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """The counts of errors and the counts of notes."""
    notes = {code: rows for code, rows in by_code.items() if code in NOTE_CODES}
    return {c: n for c, n in by_code.items() if c not in notes}, notes


def severity_of(code: str) -> ProblemSeverity:
    return "note" if code in NOTE_CODES else "error"


def problem_out(row: Any, currency: str) -> RowProblemOut:  # noqa: ANN401 - a row
    message, accepted = describe(row.field, row.code, row.value, currency)
    return RowProblemOut(
        line=row.line,
        sku=row.sku,
        field=row.field,
        code=row.code,
        severity=severity_of(row.code),
        message=message,
        accepted=accepted,
        value=row.value,
    )
