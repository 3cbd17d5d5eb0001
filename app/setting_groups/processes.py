"""Settings of processes: servers, keys, logs, traces, jobs."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import AnyHttpUrl, BaseModel, Field, SecretStr, field_validator

from app.setting_groups.types import Address, Origins, Port, Secrets, Span


class ProcessSettings(BaseModel):
    """Servers, folders, keys and logs of all processes; jobs of a worker."""

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
    console: bool = Field(
        default=True, description="whether the pages at `/console` are served"
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", description="`auto`: console in a terminal, JSON otherwise"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severe level that is logged"
    )
    worker_slots: int = Field(10, gt=0, le=100, description="jobs at a time, a worker")
    job_lease: Span = Field(
        timedelta(seconds=15),
        ge=timedelta(seconds=1),
        description="how long a silent worker keeps its job",
    )
    sweep_interval: Span = Field(
        timedelta(seconds=1), description="how often workers look for due jobs"
    )

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

    @property
    def uploads(self) -> Path:
        """The folder of uploaded catalogs."""
        return self.storage_dir or self.state_dir / "uploads"
