"""Limits of what a client of the API may send and hold."""

from datetime import timedelta

from pydantic import BaseModel, Field

from app.setting_groups.types import Span


class ApiLimitSettings(BaseModel):
    """Limits of requests, connections and keys."""

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
    requests_per_minute: int = Field(
        600, ge=0, description="requests a minute per API key; 0: no limit"
    )
    failed_logins_per_minute: int = Field(
        300, gt=0, description="refused keys a minute per client address, a process"
    )
    streams_per_key: int = Field(
        20, gt=0, description="event streams at a time per API key, a process"
    )
