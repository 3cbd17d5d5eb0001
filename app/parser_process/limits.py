"""Limits of a parser process, set by the operating system."""

import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

_CORE_FILES = 0
_KILLED_FIRST = "500"
"""`oom_score_adj` (proc(5)): out of memory, the kernel ends parsers first."""


@dataclass(frozen=True, slots=True)
class ParserLimits:
    """Limits of one piece of work: data memory, CPU time, time, written file.

    `threads`: of Polars; None: one per core.
    """

    memory_bytes: int
    cpu_seconds: float
    seconds: float
    file_bytes: int = resource.RLIM_INFINITY
    threads: int | None = None


def restrict(limits: ParserLimits) -> None:
    """Apply the limits to this process; CPU time counts from now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = usage.ru_utime + usage.ru_stime
    _lower(resource.RLIMIT_DATA, limits.memory_bytes)
    _lower(resource.RLIMIT_CPU, int(used + limits.cpu_seconds) + 1)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    if limits.threads:
        _set_threads(limits.threads)


def _set_threads(number: int) -> None:
    """Works before Polars starts its threads, at its first work in this process."""
    os.environ["POLARS_MAX_THREADS"] = str(number)
    pl.Config.reload_env_vars()


def prepare() -> None:
    """Settings of a new parser process that hold for all its work."""
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    _lower(resource.RLIMIT_CORE, _CORE_FILES)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)


def _lower(kind: int, wanted: int) -> None:
    """Set the soft limit, within the hard limit; some systems lack some kinds."""
    _soft, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY and not 0 <= wanted <= hard:
        wanted = hard
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (wanted, hard))
