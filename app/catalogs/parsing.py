"""Reads merchants' files in parser processes; limits and crashes reject the file."""

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

import psycopg
import structlog

from app.catalogs.engine.read.passes import SMALL_BYTES
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.jobs.fence import LeaseLostError
from app.parser_process.errors import ParserCrashedError, ParserLimitError
from app.parser_process.limits import ParserLimits
from app.parser_process.pool import POOL
from app.settings import Settings

log = structlog.get_logger(__name__)

_SLOTS = threading.BoundedSemaphore(2)
"""Maximum number of files that one process reads concurrently for answers."""
_MAX_FILE_BYTES = 64 * 1024**3
_EXPECTED = (
    CatalogRejectedError,
    LeaseLostError,
    OSError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
"""Errors that are not of the file: about the catalog as a whole, or transient."""

Found = TypeVar("Found")


def import_limits(settings: Settings, *sources: SourceFile | None) -> ParserLimits:
    """Limits of an import of these files."""
    cpu = settings.parser_cpu.total_seconds()
    # A large import may wait for the database and for other imports.
    return _limits(settings, cpu, 4 * cpu, sources)


def answer_limits(
    settings: Settings, seconds: float, *sources: SourceFile | None
) -> ParserLimits:
    """Limits of a read of these files that a client waits for."""
    return _limits(settings, seconds, seconds, sources)


def _limits(
    settings: Settings,
    cpu_seconds: float,
    seconds: float,
    sources: Iterable[SourceFile | None],
) -> ParserLimits:
    """One thread for small files: two cost a third more CPU and are not faster."""
    is_small = all(source.size_bytes <= SMALL_BYTES for source in sources if source)
    return ParserLimits(
        settings.parser_memory_bytes,
        cpu_seconds,
        seconds,
        _MAX_FILE_BYTES,
        threads=1 if is_small else None,
    )


async def parse(
    function: Callable[..., Found],
    *arguments: object,
    limits: ParserLimits,
    on_report: Callable[[str], None] | None = None,
) -> Found:
    """The result of a function that reads a merchant's file, run in a parser process.

    Raises CatalogRejectedError with `parser_limit` or `parser_crashed` if the process
    ends, or if the function raises an error that a repetition would raise again.
    """
    try:
        found = await POOL.run(function, *arguments, limits=limits, on_report=on_report)
    except _EXPECTED:
        raise
    except ParserLimitError as error:
        log.warning("parser.limit", limit=str(error))
        raise _too_much(str(error)) from error
    except ParserCrashedError as error:
        log.exception("parser.crashed", notes=_notes(error))
        raise _crashed() from error
    except Exception as error:
        log.exception("parser.failed", notes=_notes(error))
        raise _crashed() from error
    return found


async def parse_if_free(
    function: Callable[..., Found], *arguments: object, limits: ParserLimits
) -> Found | None:
    """As `parse`; None after the time limit, or if all slots are in use."""
    if not _SLOTS.acquire(blocking=False):
        return None
    try:
        return await parse(function, *arguments, limits=limits)
    except CatalogRejectedError as error:
        if isinstance(error.__cause__, ParserLimitError) and "time" in error.message:
            return None
        raise
    finally:
        _SLOTS.release()


def _too_much(limit: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "parser_limit",
        f"reading the file exceeded the limit of {limit}",
        "a smaller file, or one with smaller cells and simpler rules",
    )


def _crashed() -> CatalogRejectedError:
    return CatalogRejectedError(
        "parser_crashed",
        "the file made its reader fail; the cause is in the service's log",
        "the same data in another format or encoding, such as CSV in UTF-8",
    )


def _notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", ()))
