"""Reads an uploaded tracking file in a parser process."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request

from app.catalogs.engine.read.source import CatalogRejectedError, Hints, SourceFile
from app.catalogs.named_columns import NamedTable, read_named_columns
from app.catalogs.parsing import answer_limits, parse
from app.catalogs.uploads.body import declared_size, open_upload, too_large
from app.core.errors import FieldError, InvalidError
from app.orders.bulk.schemas import MAX_ROWS
from app.orders.bulk.tracking_columns import COLUMNS, REQUIRED
from app.settings import Settings

MAX_BYTES = 4 * 1024**2
PATIENCE = 20.0
"""Seconds that reading a file may take."""
AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class TrackingReads:
    """Concurrency limit: each read needs a core for a moment."""

    free: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(AT_A_TIME)
    )


def reads_of(request: Request) -> TrackingReads:
    return cast("TrackingReads", request.state.tracking_reads)


CurrentReads = Annotated[TrackingReads, Depends(reads_of)]


async def read_tracking(
    reads: TrackingReads, settings: Settings, request: Request, hints: Hints
) -> NamedTable:
    """The rows of the file in the request.

    Raises InvalidError for a file that cannot be used as a whole, TooLargeError,
    MediaTypeError.
    """
    declared_size(request, MAX_BYTES)
    upload = await open_upload(request, MAX_BYTES)
    content = await _read(upload.body)
    stated = replace(hints, encoding=hints.encoding or upload.charset)
    async with reads.free:
        try:
            return await _parse(
                settings, content, upload.media_type, upload.filename, stated
            )
        except CatalogRejectedError as error:
            raise _unusable(error) from None


async def _read(body: AsyncIterator[bytes]) -> bytes:
    content = bytearray()
    async for chunk in body:
        content += chunk
        if len(content) > MAX_BYTES:
            raise too_large(MAX_BYTES)
    return bytes(content)


async def _parse(
    settings: Settings,
    content: bytes,
    media_type: str,
    filename: str | None,
    hints: Hints,
) -> NamedTable:
    with tempfile.TemporaryDirectory(prefix="refeed-tracking-") as folder:
        path = Path(folder) / "file"
        await asyncio.to_thread(path.write_bytes, content)
        source = SourceFile(path, media_type, filename, hints)
        return await parse(
            read_named_columns,
            source,
            COLUMNS,
            REQUIRED,
            MAX_ROWS,
            Path(folder),
            limits=answer_limits(settings, PATIENCE, source),
        )


def _unusable(error: CatalogRejectedError) -> InvalidError:
    message = f"{error.message[:1].upper()}{error.message[1:]}."
    wrong = FieldError("file", error.code, message, error.accepted)
    return InvalidError(message, code=error.code, errors=[wrong])
