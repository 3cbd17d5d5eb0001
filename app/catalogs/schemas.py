"""Catalogs, their row reports, and offers as callers see them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, BaseModel, Field

from app.catalogs.engine.problems import describe, problems_in
from app.catalogs.models import Catalog
from app.catalogs.uploads import encoding_of, quote_of, separator_of

SeparatorGiven = Annotated[
    str | None,
    Query(description="CSV only: `,` `;` `|` or `tab`; found when absent"),
    AfterValidator(separator_of),
]
QuoteGiven = Annotated[
    str | None,
    Query(description="CSV only: `\"`, `'` or `none`; found when absent"),
    AfterValidator(quote_of),
]
EncodingGiven = Annotated[
    str | None,
    Query(description="utf-8, utf-16, cp1252, latin-1, ...; found when absent"),
    AfterValidator(encoding_of),
]
CatalogState = Literal["received", "importing", "awaiting_mapping", "ready", "rejected"]
OfferState = Literal[
    "published",
    "awaiting_validation",
    "pending",
    "in_error",
    "invalid",
    "withdrawn",
    "not_wanted",
]


class CatalogCounts(BaseModel):
    """rows = created + changed + unchanged + invalid."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    disappeared: int = Field(0, description="offers that are no longer wanted")
    invalid: int = Field(0, description="rows that give no wanted offer")
    uncategorized: int = Field(0, description="invalid rows without mapped category")
    duplicates: int = Field(0, description="invalid rows whose SKU occurs again")


class Rejection(BaseModel):
    """Why a catalog as a whole was not used. The offers stayed as they were."""

    code: str
    message: str
    accepted: str | None


class CatalogProgress(BaseModel):
    """How far an import is."""

    id: UUID
    store_id: UUID
    state: CatalogState
    phase: str | None = Field(description="where a running import is")
    counts: CatalogCounts | None = Field(description="null until the rows are known")
    rejection: Rejection | None
    finished_at: datetime | None


class CatalogOut(BaseModel):
    """One upload and what became of it."""

    id: UUID
    store_id: UUID
    state: CatalogState
    phase: str | None = Field(description="where a running import is")
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str
    found: dict[str, Any] = Field(
        description="format, encoding, separator, quote as given or found"
    )
    columns: list[str]
    counts: CatalogCounts | None
    problem_counts: dict[str, int] = Field(description="rows by code of the problem")
    same_as: UUID | None = Field(
        description="the catalog with the same bytes, which was in force already"
    )
    rejection: Rejection | None
    created_at: datetime
    finished_at: datetime | None


class RowProblemOut(BaseModel):
    """What is wrong with one field of one row, and what would be accepted."""

    line: int
    sku: str | None
    field: str
    code: str
    message: str
    accepted: str | None
    value: str | None = Field(description="the cell as it came, at most 100 characters")


class OfferValues(BaseModel):
    """The fields of an offer that are sent."""

    ean: str | None
    grade: str | None
    price: str | None
    quantity: int | None
    min_price: str | None
    warranty_delay: int | None
    comment: str | None


class OfferProblem(BaseModel):
    field: str
    code: str


class OfferError(BaseModel):
    """Why Back Market refused the offer when it was last sent."""

    code: str | None
    message: str | None
    at: datetime | None
    times: int


class OfferOut(BaseModel):
    """What the store wants to sell beside what Back Market last accepted."""

    sku: str
    state: OfferState
    currency: str
    wanted: OfferValues | None
    baseline: OfferValues | None = Field(description="what Back Market last accepted")
    cost: str | None = Field(description="what the piece costs; never sent")
    floor: str | None = Field(
        description="no price below this leaves: cost, commission, minimum margin"
    )
    max_price: str | None = Field(
        description="above this Back Market takes the listing offline, where known"
    )
    problems: list[OfferProblem]
    error: OfferError | None
    listing_id: str | None
    accepted_at: datetime | None


def catalog_out(catalog: Catalog) -> CatalogOut:
    rejection = None
    if catalog.reason_code:
        rejection = Rejection(
            code=catalog.reason_code,
            message=catalog.reason or "",
            accepted=catalog.accepted,
        )
    shown = catalog.model_dump(exclude={"counts", "progress"})
    counts = CatalogCounts(**catalog.counts) if catalog.counts else None
    return CatalogOut(**shown, counts=counts, rejection=rejection)


def problem_out(row: Any, currency: str) -> RowProblemOut:  # noqa: ANN401 - a row
    message, accepted = describe(row.field, row.code, row.value, currency)
    return RowProblemOut(
        line=row.line,
        sku=row.sku,
        field=row.field,
        code=row.code,
        message=message,
        accepted=accepted,
        value=row.value,
    )


def offer_out(row: Any, currency: str) -> OfferOut:  # noqa: ANN401 - a row of `offer`
    wanted = None
    if row.standing != "gone":
        wanted = OfferValues(
            ean=row.ean,
            grade=row.grade,
            price=_money(row.price),
            quantity=row.quantity,
            min_price=_money(row.min_price),
            warranty_delay=row.warranty_delay,
            comment=row.comment,
        )
    baseline = None
    if row.listed:
        baseline = OfferValues(
            ean=row.accepted_ean,
            grade=row.accepted_grade,
            price=_money(row.accepted_price),
            quantity=row.accepted_quantity,
            min_price=_money(row.accepted_min_price),
            warranty_delay=row.accepted_warranty_delay,
            comment=row.accepted_comment,
        )
    error = None
    if row.in_error:
        error = OfferError(
            code=row.error_code,
            message=row.error_message,
            at=row.error_at,
            times=row.error_count,
        )
    return OfferOut(
        sku=row.sku,
        state=_state(row),
        currency=currency,
        wanted=wanted,
        baseline=baseline,
        cost=_money(row.cost),
        floor=None if row.floor is None else f"{row.floor:.2f}",
        max_price=_money(row.max_price),
        problems=[
            OfferProblem(field=p.field, code=p.code) for p in problems_in(row.problems)
        ],
        error=error,
        listing_id=row.listing_id,
        accepted_at=row.accepted_at,
    )


def _money(value: object) -> str | None:
    return None if value is None else str(value)


def _state(row: Any) -> OfferState:  # noqa: ANN401 - a row of `offer`
    if row.in_error:
        return "in_error"
    if row.standing == "kept" or (row.problems and not row.listed):
        return "invalid"
    if row.standing == "wanted" and row.listed and row.publication_state == 1:
        return "awaiting_validation"
    if row.dirty:
        return "pending"
    if row.standing == "gone":
        return "withdrawn" if row.listed else "not_wanted"
    return "published"
