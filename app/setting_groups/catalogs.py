"""Settings of catalogs: uploads, pulls, reading."""

from datetime import timedelta

from pydantic import BaseModel, Field

from app.setting_groups.types import Hosts, Ports, Span


class CatalogSettings(BaseModel):
    """Sizes of catalogs, where they are pulled from, what reading one may take."""

    max_upload_bytes: int = Field(
        2 * 1024**3, gt=0, description="largest catalog body accepted"
    )
    max_expanded_bytes: int = Field(
        8 * 1024**3, gt=0, description="largest catalog after decompression"
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
