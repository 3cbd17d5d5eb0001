"""API schemas of offers: desired state, live state, problems and drift."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.offers.messages import MESSAGES
from app.web.pagination import Page
from app.web.schemas import ReasonOut

OfferState = Literal[
    "published",
    "awaiting_validation",
    "pending",
    "held",
    "unconfirmed",
    "in_error",
    "invalid",
    "withdrawn",
    "absent",
    "unmatched",
]


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
    action: Literal["sent_again", "not_sent", "new_sku_needed"] = Field(
        description="`sent_again`: by the next run; `not_sent`: nothing is sent "
        "until the offer changes; "
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
    live_title: str | None = Field(description="what the listing shows, if known")
    title: str | None = Field(
        description="the title in the catalog, where it was compared with a listing's"
    )
    title_similarity: int | None = Field(description="of both titles, from 0 to 100")
    warnings: list[ReasonOut] = Field(
        description="`title_differs`: the listing may be another product; "
        "`probable_rename`: the offer may rename an unmatched listing"
    )
    live_at: datetime | None
    confirmed_at: datetime | None = Field(
        description="when the listing was last seen to show what was accepted"
    )
    drift: list[Drift]


class OfferOut(OfferShown):
    """An offer in a list, with its state."""

    state: OfferState


class OfferPage(Page[OfferOut]):
    """Offers by SKU; the first page has the totals."""

    totals: dict[OfferState, int] | None = Field(
        description="offers of the store in each state; null on later pages"
    )


def offer_out(
    row: Any,  # noqa: ANN401 - a row of `offer`
    currency: str,
    problems: list[OfferProblem],
) -> OfferOut:
    """The answer for a row of `queries.offers`; `problems` are those of its mask."""
    return OfferOut(
        sku=row.sku,
        state=_state(row),
        currency=currency,
        desired=_desired(row),
        live=_live(row),
        cost=_money(row.cost),
        floor=None if row.floor is None else f"{row.floor:.2f}",
        max_price=_money(row.max_price),
        problems=problems,
        error=_error(row),
        listing_id=row.listing_id,
        live_title=row.live_title,
        title=row.title,
        title_similarity=row.similarity,
        warnings=[
            ReasonOut(code=code, message=MESSAGES[code])
            for code in [row.title_warning]
            if code
        ],
        live_at=row.live_at,
        confirmed_at=row.confirmed_at,
        drift=[Drift(field=name, **d) for name, d in (row.drift or {}).items()],
    )


def _desired(row: Any) -> OfferValues | None:  # noqa: ANN401 - as above
    return None if row.desired_state in {"absent", "unmatched"} else _values(row)


def _live(row: Any) -> OfferValues | None:  # noqa: ANN401 - as above
    return _values(row, "live_") if row.listed else None


def _values(row: Any, prefix: str = "") -> OfferValues:  # noqa: ANN401 - as above
    """The values in the columns of the fields, with this prefix."""
    values = {name: getattr(row, prefix + name) for name in OfferValues.model_fields}
    for name in ("price", "min_price"):
        values[name] = _money(values[name])
    return OfferValues(**values)


def _error(row: Any) -> OfferError | None:  # noqa: ANN401 - as above
    if not row.in_error:
        return None
    return OfferError(
        code=row.error_code,
        kind=row.error_class,
        message=row.error_message,
        at=row.error_at,
        times=row.error_count,
        retry_at=row.error_retry_at,
    )


def _money(value: object) -> str | None:
    return None if value is None else str(value)


def _state(row: Any) -> OfferState:  # noqa: ANN401 - as above
    if row.desired_state == "unmatched" or row.in_error:
        return "in_error" if row.in_error else "unmatched"
    if row.desired_state == "retained" or (row.problems and not row.listed):
        return "invalid"
    if row.desired_state == "active" and row.listed and row.publication_state == 1:
        return "awaiting_validation"
    if row.dirty:
        return _differing(row)
    if row.desired_state == "absent":
        return "withdrawn" if row.listed else "absent"
    return "published"


def _differing(row: Any) -> OfferState:  # noqa: ANN401 - as above
    if _unapplied(row):
        return "unconfirmed"
    return "held" if row.held_code else "pending"


def _unapplied(row: Any) -> bool:  # noqa: ANN401 - as above
    """Like `state_unconfirmed` in `queries.sql`, for an offer that is `dirty`."""
    drift = (row.drift or {}).values()
    return row.publication_state != 1 and any(
        each["kind"] == "not_applied" for each in drift
    )
