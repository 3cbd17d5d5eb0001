"""The source of a store's catalog as callers see it."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from app.catalogs.uploads.body import encoding_of, quote_of, separator_of
from app.sources.models import CatalogSource
from app.sources.target import LONGEST_URL

Interval = Annotated[timedelta, Field(ge=timedelta(minutes=5), le=timedelta(days=31))]


class AuthIn(BaseModel):
    """HTTP basic authentication. It is only ever sent to the host of the URL."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f]+$")
    password: SecretStr | None = Field(
        None,
        max_length=500,
        description="write-only; left out or null keeps the present one, as long as "
        "user name, scheme, host and port stay the same",
    )


class CatalogSourceIn(BaseModel):
    """The whole source; what is left out takes its default."""

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
    scheduled: bool = Field(default=True, description="false: only when asked")
    interval: Interval | None = Field(
        None,
        description="ISO 8601 duration, at least five minutes; left out or null takes "
        "the operator's `REFEED_SOURCE_INTERVAL`, six hours unless set",
    )
    auth: AuthIn | None = None
    separator: Annotated[str | None, AfterValidator(separator_of)] = Field(
        None, description="CSV only: `,` `;` `|` or `tab`; found when absent"
    )
    quote_char: Annotated[str | None, AfterValidator(quote_of)] = Field(
        None, description="CSV only: `\"`, `'` or `none`; found when absent"
    )
    encoding: Annotated[str | None, AfterValidator(encoding_of)] = Field(
        None, description="utf-8, utf-16, cp1252, latin-1, ...; found when absent"
    )


class LastPull(BaseModel):
    """How the last pull ended."""

    at: datetime
    outcome: Literal["pulled", "unchanged", "failed"]
    code: str | None = Field(description="why it failed; null unless `failed`")
    message: str
    catalog_id: UUID | None = Field(description="the catalog that it brought")


class CatalogSourceOut(BaseModel):
    """Where the catalog comes from. The password never comes out."""

    url: str
    scheduled: bool
    interval: timedelta
    username: str | None
    password_set: bool
    separator: str | None
    quote_char: str | None
    encoding: str | None
    state: Literal["idle", "requested", "pulling"]
    failures: int = Field(description="pulls in a row that failed")
    next_pull_at: datetime | None = Field(description="null: only when asked")
    last_pull: LastPull | None
    created_at: datetime


def source_out(source: CatalogSource, usual: timedelta) -> CatalogSourceOut:
    """`usual` is the operator's interval."""
    return CatalogSourceOut(
        **source.model_dump(include=_SHOWN),
        **source.given,
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
    """How often it is pulled."""
    return timedelta(seconds=source.interval_s) if source.interval_s else usual
