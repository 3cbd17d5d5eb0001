"""API schemas of catalogs and their row reports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Header, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from app.catalogs.engine.validate.problems import describe, problems_in
from app.catalogs.models import Catalog
from app.catalogs.uploads.body import encoding_of, quote_of, separator_of

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
    Query(description="utf-8, utf-16, cp1252, latin-1, ...; detected if absent"),
    AfterValidator(encoding_of),
]
AsOfGiven = Annotated[
    AwareDatetime | None,
    Query(description="time of the data; when it is received if absent"),
]
AsOfHeader = Annotated[
    AwareDatetime | None, Header(alias="As-Of", description="`as_of` as a header")
]
CatalogState = Literal["received", "importing", "awaiting_mapping", "ready", "rejected"]
CatalogMode = Literal["full", "partial"]
ModeGiven = Annotated[
    CatalogMode,
    Query(
        description="`partial` updates and creates the SKUs that it contains and does "
        "not change others; `full` is everything that the store sells"
    ),
]
OfferState = Literal[
    "published",
    "awaiting_validation",
    "pending",
    "unconfirmed",
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
    disappeared: int = Field(0, description="offers that are now absent")
    invalid: int = Field(0, description="rows that give no active offer")
    uncategorized: int = Field(0, description="invalid rows without a mapped category")
    duplicates: int = Field(0, description="invalid rows with a repeated SKU")
    excluded: int = Field(0, description="invalid rows that a filter excludes")


class Rejection(BaseModel):
    """Why the whole catalog was rejected. The offers were not changed."""

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
    found: dict[str, Any] = Field(
        description="format, encoding, separator and quote, as stated or detected"
    )
    columns: list[str]
    counts: CatalogCounts | None
    problem_counts: dict[str, int] = Field(description="rows by code of the problem")
    excluded_by: dict[str, int] = Field(
        description="rows by the filter of the mapping that excludes them"
    )
    same_as: UUID | None = Field(
        description="the current catalog, if this upload has the same bytes"
    )
    rejection: Rejection | None
    as_of: datetime | None = Field(description="time of the data, if it was stated")
    created_at: datetime
    finished_at: datetime | None


class RowProblemOut(BaseModel):
    """A problem of one field of one row, and what is accepted instead."""

    line: int
    sku: str | None
    field: str
    code: str
    message: str
    accepted: str | None
    value: str | None = Field(description="the raw cell, at most 100 characters")


class OfferValues(BaseModel):
    """The fields of an offer that are sent to Back Market."""

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
    """Why Back Market rejected the offer when it was last sent."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    code: str | None
    kind: str | None = Field(alias="class", description="kind of cause")
    message: str | None
    at: datetime | None
    times: int = Field(description="consecutive rejections of the same data")
    retry_at: datetime | None = Field(description="transient errors: when to retry")


class Drift(BaseModel):
    """A field for which the listing shows another value than Back Market accepted."""

    field: str = Field(description="a field, or `listing` if the listing is missing")
    ours: str | None = Field(description="what Back Market last accepted")
    theirs: str | None = Field(description="what the listing shows")
    kind: Literal["by_hand", "not_applied"] = Field(
        description="`by_hand`: the listing showed the accepted value before, so it "
        "was changed manually; `not_applied`: the listing never showed it"
    )
    action: Literal["sent_again", "left", "new_sku_needed"] = Field(
        description="`sent_again`: by the next run; `left`: not changed; "
        "`new_sku_needed`: Back Market cannot change the grade of a listing"
    )
    seen_at: datetime = Field(description="when it was first seen")


class OfferShown(BaseModel):
    """Desired state and live state of one offer."""

    sku: str
    currency: str
    desired: OfferValues | None
    live: OfferValues | None = Field(description="what Back Market last accepted")
    cost: str | None = Field(description="cost per piece; never sent")
    floor: str | None = Field(
        description="lowest price to send: cost, commission and minimum margin"
    )
    max_price: str | None = Field(
        description="Back Market takes a listing above this price offline, if known"
    )
    problems: list[OfferProblem]
    error: OfferError | None
    listing_id: str | None
    accepted_at: datetime | None
    confirmed_at: datetime | None = Field(
        description="when the listing was last seen to show what was accepted"
    )
    drift: list[Drift]


class OfferOut(OfferShown):
    """An offer in a list, with its state."""

    state: OfferState


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
    desired = None
    if row.desired_state != "absent":
        desired = OfferValues(
            ean=row.ean,
            grade=row.grade,
            price=_money(row.price),
            quantity=row.quantity,
            min_price=_money(row.min_price),
            warranty_delay=row.warranty_delay,
            comment=row.comment,
        )
    live = None
    if row.listed:
        live = OfferValues(
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
            kind=row.error_class,
            message=row.error_message,
            at=row.error_at,
            times=row.error_count,
            retry_at=row.error_retry_at,
        )
    return OfferOut(
        sku=row.sku,
        state=_state(row),
        currency=currency,
        desired=desired,
        live=live,
        cost=_money(row.cost),
        floor=None if row.floor is None else f"{row.floor:.2f}",
        max_price=_money(row.max_price),
        problems=[
            OfferProblem(field=p.field, code=p.code) for p in problems_in(row.problems)
        ],
        error=error,
        listing_id=row.listing_id,
        accepted_at=row.accepted_at,
        confirmed_at=row.confirmed_at,
        drift=[Drift(field=name, **d) for name, d in (row.drift or {}).items()],
    )


def _money(value: object) -> str | None:
    return None if value is None else str(value)


def _state(row: Any) -> OfferState:  # noqa: ANN401 - a row of `offer`
    if row.in_error:
        return "in_error"
    if row.desired_state == "retained" or (row.problems and not row.listed):
        return "invalid"
    if row.desired_state == "active" and row.listed and row.publication_state == 1:
        return "awaiting_validation"
    if row.dirty:
        return "unconfirmed" if _unapplied(row) else "pending"
    if row.desired_state == "absent":
        return "withdrawn" if row.listed else "not_wanted"
    return "published"


def _unapplied(row: Any) -> bool:  # noqa: ANN401 - as above
    """As `queries.UNAPPLIED`, for an offer that is dirty, valid and not in error."""
    drift = (row.drift or {}).values()
    return row.publication_state != 1 and any(
        each["kind"] == "not_applied" for each in drift
    )
