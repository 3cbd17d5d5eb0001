"""Reads the settings from the environment: names, defaults and bounds."""

from collections.abc import Iterable
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.setting_types import (
    Address,
    Hosts,
    Origins,
    Port,
    Ports,
    Secrets,
    Span,
    Wait,
    is_smtp_url,
)

PREFIX = "REFEED_"
OF_TESTS = ("REFEED_TEST_", "REFEED_FAILPOINT")


class SettingsError(Exception):
    """A setting is missing or invalid; the message names each one."""


class Settings(BaseSettings):
    """The settings of an operator, read once at start-up and immutable."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        hide_input_in_errors=True,
        extra="ignore",
        enable_decoding=False,  # lists are validated like all others, all at once
    )

    database_url: SecretStr | None = Field(
        None, description="PostgreSQL >= 15, `postgresql://user:password@host/db`"
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis >= 6.2 or Valkey, `redis://host:6379/0`"
    )
    state_dir: Path = Field(
        Path(".refeed"), description="folder for embedded servers, uploads and keys"
    )
    storage_dir: Path | None = Field(
        None, description="folder for uploads; default `<state>/uploads`"
    )
    host: str = Field("127.0.0.1", description="address the API listens on")
    port: Port = Field(8000, description="port of the API; 0 picks a free one")
    admin_key: SecretStr | None = Field(
        None, min_length=16, description="the admin's bearer key, >= 16 characters"
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="encrypts tokens and keys API key hashes, >= 32 characters",
    )
    previous_secret_keys: Secrets = Field(
        [], description="older secret keys that may still decrypt (JSON list)"
    )
    cors_origins: Origins = Field(
        [],
        description="pages that may call the API from a browser (JSON list of "
        "origins), or `*` alone",
    )
    metrics_address: Address | None = Field(
        None,
        description="`host:port` on which `/metrics` needs no key; keep it private",
    )
    otlp_endpoint: AnyHttpUrl | None = Field(
        None, description="collector of traces, OTLP over HTTP; none: no traces"
    )
    trace_ratio: float = Field(
        1.0, ge=0, le=1, description="share of traces that are exported"
    )
    api_docs: bool = Field(
        default=True, description="whether `/docs` and `/openapi.json` are served"
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`auto`: console in a terminal, JSON otherwise"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severe level that is logged"
    )

    sandbox_url: AnyHttpUrl | None = Field(
        None, description="simulated Back Market for stores with environment `sandbox`"
    )
    eu_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://www.backmarket.fr"), description="production, platform EU"
    )
    na_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://www.backmarket.com"), description="production, platform NA"
    )
    ap_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://www.backmarket.co.jp"),
        description="production, platform AP",
    )
    eu_preprod_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://preprod.backmarket.fr"), description="preprod, platform EU"
    )
    na_preprod_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://preprod.backmarket.com"), description="preprod, platform NA"
    )
    ap_preprod_url: AnyHttpUrl = Field(
        AnyHttpUrl("https://preprod.backmarket.co.jp"),
        description="preprod, platform AP",
    )
    company: str = Field(
        "refeed", pattern=r"^[\w.-]+$", description="company in the User-Agent"
    )
    contact: str | None = Field(
        None,
        pattern=r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$",
        description="e-mail address in the User-Agent; production stores need one",
    )

    max_url_bytes: int = Field(
        8192, ge=256, description="longest path and query of a request"
    )
    max_header_bytes: int = Field(
        32 * 1024, ge=1024, description="largest header of a request, all fields"
    )
    max_header_count: int = Field(100, ge=10, description="header fields of a request")
    header_timeout: Span = Field(
        timedelta(seconds=15), description="how long a request's header may take"
    )
    body_timeout: Span = Field(
        timedelta(seconds=30), description="how long a body may pause"
    )
    body_min_rate: int = Field(
        500, ge=1, description="bytes a second of a body, over each `BODY_TIMEOUT`"
    )
    send_timeout: Span = Field(
        timedelta(seconds=60), description="how long a client may read nothing"
    )
    max_connections: int = Field(
        1000, ge=1, description="connections of an API process"
    )
    max_client_connections: int = Field(
        250,
        ge=1,
        description="of these, connections of one other machine (IPv6: of a /64)",
    )
    max_upload_bytes: int = Field(
        2 * 1024**3, gt=0, description="largest catalog body accepted"
    )
    max_expanded_bytes: int = Field(
        8 * 1024**3, gt=0, description="largest catalog after decompression"
    )
    lines_per_hour: int = Field(
        2000, gt=0, description="SKU lines an hour per seller account"
    )
    requests_per_10s: int = Field(
        20, gt=1, description="listing requests per 10 s per seller account"
    )
    single_update_max: int = Field(
        20, ge=0, description="up to so many updates go one by one, more as a batch"
    )
    offers_interval: Span = Field(
        timedelta(hours=2), description="default rhythm of offer publications"
    )
    categories_interval: Span = Field(
        timedelta(days=1), description="how often a category tree is fetched again"
    )
    orders_interval: Span = Field(
        timedelta(minutes=10), description="rhythm in which orders are fetched"
    )
    service_cases_interval: Span = Field(
        timedelta(hours=1), description="rhythm in which service cases are fetched"
    )
    orders_overlap: Span = Field(
        timedelta(minutes=15), description="how far each fetch of orders looks back"
    )
    drift_check_interval: Span = Field(
        timedelta(days=1), description="rhythm in which all listings are read back"
    )
    task_deadline: Span = Field(
        timedelta(minutes=30), description="how long a Back Market task is polled"
    )
    task_poll: Span = Field(
        timedelta(seconds=2), description="first pause between polls; grows to 15 x"
    )
    job_lease: Span = Field(
        timedelta(seconds=15),
        ge=timedelta(seconds=1),
        description="how long a silent worker keeps its job",
    )
    sweep_interval: Span = Field(
        timedelta(seconds=1), description="how often workers look for due jobs"
    )
    keep_catalogs: int = Field(
        10, ge=1, description="files of so many newest catalogs are kept per store"
    )
    keep_reports: Span = Field(
        timedelta(days=31), description="how long finished publications are kept"
    )
    keep_service_cases: Span = Field(
        timedelta(days=365), description="how long closed service cases are kept"
    )
    keep_events: Span = Field(
        timedelta(days=30), description="how long events can be sent again"
    )
    keep_buyers: Span | None = Field(
        None,
        description="erases buyers' data of orders unchanged for so long; none: kept",
    )
    keep_idempotency_keys: Span = Field(
        timedelta(hours=24), description="how long answers to a repeated POST are kept"
    )
    hook_debounce: Span = Field(
        timedelta(seconds=1), description="webhooks of a store within it make one run"
    )
    hook_secret_overlap: Span = Field(
        timedelta(hours=24),
        description="how long a replaced webhook secret stays valid",
    )
    webhook_timeout: Span = Field(
        timedelta(seconds=15), description="how long an endpoint may take to respond"
    )
    webhook_disable_after: Span = Field(
        timedelta(days=5),
        description="failures of an endpoint, or of all recipients of an alert "
        "channel, until it is disabled",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="server for alerts by e-mail: `smtps://user:password@host:465`, or "
        "`smtp://host:25`",
    )
    smtp_from: str | None = Field(
        None,
        pattern=r"^[\w.+-]+@[\w-]+(\.[\w-]+)+$",
        description="sender of alerts by e-mail; with `SMTP_URL`",
    )
    smtp_starttls: Literal["required", "offered"] = Field(
        "required",
        description="of `smtp://`; `offered`: if the server has it, never a password "
        "without",
    )
    alert_digest: Wait = Field(
        timedelta(minutes=5),
        description="events of a channel within it make one message",
    )
    source_interval: Span = Field(
        timedelta(hours=6), description="default rhythm in which catalogs are pulled"
    )
    source_deadline: Span = Field(
        timedelta(minutes=15), description="how long a pull of a catalog may take"
    )
    source_ports: Ports = Field(
        [80, 443],
        description="ports of catalog sources and webhook endpoints (JSON list)",
    )
    source_allow: Hosts = Field(
        [],
        description="hosts and networks that catalogs are pulled from, and events sent "
        "to, although they are not public (JSON list)",
    )
    large_catalog_bytes: int = Field(
        32 * 1024**2, gt=0, description="above this a worker imports one at a time"
    )
    parser_memory_bytes: int = Field(
        4 * 1024**3,
        ge=256 * 1024**2,
        description="data memory of a process that reads one merchant's file",
    )
    parser_cpu: Span = Field(
        timedelta(minutes=15),
        description="CPU time that reading and comparing one catalog may take",
    )
    requests_per_minute: int = Field(
        600, ge=0, description="requests a minute per API key; 0: no limit"
    )
    failed_logins_per_minute: int = Field(
        300, gt=0, description="refused keys a minute per client address, a process"
    )
    streams_per_key: int = Field(
        20, gt=0, description="event streams at a time per API key, a process"
    )
    worker_slots: int = Field(10, gt=0, le=100, description="jobs at a time, a worker")

    @field_validator("database_url")
    @classmethod
    def _postgres_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(
            ("postgresql://", "postgres://", "postgresql+psycopg://")
        ):
            raise ValueError("accepted: postgresql://user:password@host:5432/database")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(
            ("redis://", "rediss://", "unix://")
        ):
            raise ValueError("accepted: redis://, rediss:// or unix://")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not is_smtp_url(value.get_secret_value()):
            raise ValueError("accepted: smtps://user:password@host:465, smtp://host:25")
        return value

    @property
    def uploads(self) -> Path:
        """The folder of uploaded catalogs."""
        return self.storage_dir or self.state_dir / "uploads"


def load_settings(**overrides: object) -> Settings:
    """Read the environment.

    Raises SettingsError naming every variable that is wrong and what it accepts.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(_in_words(error)) from None


def _in_words(error: ValidationError) -> str:
    lines: dict[str, str] = {}
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0])
        field = Settings.model_fields.get(name)
        accepted = f" (accepted: {field.description})" if field else ""
        message = problem["msg"].removeprefix("Value error, ")
        line = f"{PREFIX}{name.upper()}: {message}{accepted}"
        lines.setdefault(name, " ".join(line.split()))
    return "\n".join(lines.values())


def unknown_variables(names: Iterable[str]) -> dict[str, str | None]:
    """Variables that look like settings and are none, with a similar setting. Pure."""
    unknown = [
        name
        for name in names
        if name.upper().startswith(PREFIX)
        and not name.upper().startswith(OF_TESTS)
        and _plain(name) not in Settings.model_fields
    ]
    return {name: _similar(name) for name in sorted(unknown)}


def _plain(name: str) -> str:
    return name[len(PREFIX) :].lower()


def _similar(name: str) -> str | None:
    found = get_close_matches(_plain(name), Settings.model_fields, n=1)
    return f"{PREFIX}{found[0].upper()}" if found else None


def require(settings: Settings, *names: str) -> None:
    """Raise SettingsError unless each named setting has a value."""
    missing = [name for name in names if getattr(settings, name) is None]
    if missing:
        raise SettingsError(
            "\n".join(
                f"REFEED_{name.upper()} is missing: "
                f"{Settings.model_fields[name].description}"
                for name in missing
            )
        )
