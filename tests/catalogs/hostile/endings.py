"""Reads a file in a parser process with low limits; says how that ended."""

import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path

from app.catalogs import parsing
from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.parser_process.limits import ParserLimits

LIMITS = ParserLimits(memory_bytes=512 << 20, cpu_seconds=4, seconds=60)
"""An idle parser process has 130 MB of data."""


def ending_of(path: Path, **limits: float) -> dict:
    """`code` of the rejection, None if the file was read; with these limits."""
    chosen = dataclasses.replace(LIMITS, **limits)
    return outcome(inspect_catalog, SourceFile(path), path.parent, limits=chosen)


def outcome(function: Callable, *arguments: object, limits: ParserLimits) -> dict:
    """`code` and `message` of the rejection; None and the result without one."""
    try:
        found = asyncio.run(parsing.parse(function, *arguments, limits=limits))
    except CatalogRejectedError as error:
        return {"code": error.code, "message": error.message}
    return {"code": None, "found": found}
