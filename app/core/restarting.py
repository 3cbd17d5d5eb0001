"""Restarting child processes: `refeed up` writes them, its API reads them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True)
class RestartingProcess:
    """A process of `refeed up` that ended and has not run for ten seconds since."""

    name: str
    exit: str
    exits_in_a_row: int
    next_start_at: datetime


@dataclass(frozen=True, slots=True)
class _Report:
    launcher: int
    processes: list[RestartingProcess]


_REPORT = TypeAdapter(_Report)


def _file(state_dir: Path) -> Path:
    return state_dir / "restarting.json"


def write_restarting(state_dir: Path, processes: Sequence[RestartingProcess]) -> None:
    """Replace the report of this launcher. Raises OSError, e.g. on a full disk."""
    report = _Report(os.getpid(), list(processes))
    unfinished = _file(state_dir).with_suffix(".new")
    unfinished.write_bytes(_REPORT.dump_json(report))
    unfinished.replace(_file(state_dir))


def read_restarting(state_dir: Path) -> list[RestartingProcess]:
    """Return the report of the launcher that started this process.

    Empty without one: a file of another or an earlier launcher is not about us.
    """
    try:
        report = _REPORT.validate_json(_file(state_dir).read_bytes())
    except (OSError, ValidationError):
        return []
    return report.processes if report.launcher == os.getppid() else []


def remove_restarting(state_dir: Path) -> None:
    """Remove the report, if there is one."""
    _file(state_dir).unlink(missing_ok=True)
