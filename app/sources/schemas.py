"""API schemas of catalog sources."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
)

from app.catalogs.uploads.body import encoding_of, quote_of, separator_of
from app.sources.models import CatalogSource
from app.sources.target import LONGEST_URL
from app.web.schemas import SPAN_TEXT

Interval = Annotated[
    timedelta, Field(ge=timedelta(minutes=5), le=timedelta(days=31)), SPAN_TEXT
]


class AuthIn(BaseModel):
    """HTTP basic authentication, sent only to the origin of the URL."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f]+$")
    password: SecretStr | None = Field(
        None,
        max_length=500,
        description="write-only; absent or null keeps the current one if user name, "
        "scheme, host and port are unchanged",
    )


class CatalogSourceIn(BaseModel):
    """The whole source; omitted fields take their default."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://shop.example/feed.xml",
                    "interval": "PT6H",
                    "auth": {"username": "refeed", "password": "<password>"},
                }
            ]
        },
    )

    url: str = Field(min_length=1, max_length=LONGEST_URL, description="http or https")
    scheduled: StrictBool = Field(default=True, description="false: only on request")
    interval: Interval | None = Field(
        None,
        description="ISO 8601 duration, at least five minutes; absent or null takes "
        "the operator's `REFEED_SOURCE_INTERVAL`, six hours by default",
    )
    auth: AuthIn | None = None
    separator: Annotated[str | None, AfterValidator(separator_of)] = Field(
        None, description="CSV only: `,` `;` `|` or `tab`; detected if absent"
    )
    quote_char: Annotated[str | None, AfterValidator(quote_of)] = Field(
        None, description="CSV only: `\"`, `'` or `none`; detected if absent"
    )
    encoding: Annotated[str | None, AfterValidator(encoding_of)] = Field(
        None,
        description="such as cp1250; detected if absent",
    )
    sheet: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="workbooks only: name or number, from 1; found if absent",
    )
    header_row: StrictInt | None = Field(
        None,
        ge=0,
        le=100_000,
        description="line of the header, from 1; 0: none; detected if absent",
    )


class LastPull(BaseModel):
    """Outcome of the last pull."""

    at: datetime
    outcome: Literal["pulled", "unchanged", "failed"]
    code: str | None = Field(description="why it failed; null unless `failed`")
    message: str
    catalog_id: UUID | None = Field(description="the pulled catalog")


class CatalogSourceOut(BaseModel):
    """The source of a store's catalog. The password is never returned."""

    url: str
    scheduled: bool
    interval: timedelta
    username: str | None
    password_set: bool
    separator: str | None
    quote_char: str | None
    encoding: str | None
    sheet: str | None = None
    header_row: int | None = None
    state: Literal["idle", "requested", "pulling"]
    failures: int = Field(description="consecutive failed pulls")
    next_pull_at: datetime | None = Field(description="null: only on request")
    last_pull: LastPull | None
    created_at: datetime


def source_out(source: CatalogSource, usual: timedelta) -> CatalogSourceOut:
    """`usual` is the operator's interval."""
    return CatalogSourceOut(
        **source.model_dump(include=_SHOWN),
        **source.stated,
        interval=interval_of(source, usual),
        password_set=source.password_cipher is not None,
    )


_SHOWN = {
    "url",
    "scheduled",
    "username",
    "state",
    "failures",
    "next_pull_at",
    "last_pull",
    "created_at",
}


def interval_of(source: CatalogSource, usual: timedelta) -> timedelta:
    """The interval of a source; `usual` is the operator's default."""
    return timedelta(seconds=source.interval_s) if source.interval_s else usual
