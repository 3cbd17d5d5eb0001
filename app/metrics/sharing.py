"""Opens the files in which this process counts, and adds up those of all processes."""

import os
import shutil
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector

from app.metrics import slots
from app.metrics.definitions import FINGERPRINT, define
from app.metrics.recording import RECORDER, Recorder
from app.private_files import make_folder

log = structlog.get_logger(__name__)

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus-client reads the folder when it opens a file."""
FILE_SIZES = {"counter": 1 << 20, "histogram": 4 << 20}
"""Bytes of the file of each type, allocated at once: writing to a part of a mapped file
for which a full disk has no block would end the process by SIGBUS."""
_UNREADABLE = (OSError, ValueError, struct.error)


def folder_of(state_dir: Path) -> Path:
    """The folder of processes that define the same metrics."""
    return state_dir / "metrics" / FINGERPRINT


def share(state_dir: Path, role: str) -> slots.Slot | None:
    """Count in files from now on, with other processes of the same state folder.

    If they cannot be created, this process counts in memory: it must not fail.
    """
    folder = folder_of(state_dir.absolute())
    try:
        make_folder(folder)
        slot = slots.claim(folder, role)
        for kind, size in FILE_SIZES.items():
            _allocate(folder / f"{kind}_{slot.name}.db", size)
    except OSError as error:
        log.warning("metrics.not_shared", error=error.strerror or str(error))
        RECORDER.start(role)
        return None
    _remove_others(folder)
    values.ValueClass = values.MultiProcessValue(lambda: slot.name)  # type: ignore[no-untyped-call]
    with _named(folder):
        RECORDER.registry = CollectorRegistry()
        RECORDER.metrics = define(RECORDER.registry)
        RECORDER.start(role)  # opens a file of each type
    RECORDER.folder = folder
    return slot


def empty(state_dir: Path) -> None:
    """Begin with new counts: when the service starts, before its processes."""
    shutil.rmtree(state_dir / "metrics", ignore_errors=True)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Name the folder only while files are opened: no child process may use them."""
    os.environ[VARIABLE] = str(folder)
    try:
        yield
    finally:
        del os.environ[VARIABLE]


def _allocate(path: Path, size: int) -> None:
    """Give a file all its blocks; replace one that a crash of the machine damaged."""
    if path.exists() and not _merged([path]):
        path.unlink()
    with path.open("ab") as file:
        file.write(bytes(max(0, size - file.tell())))


def _remove_others(folder: Path) -> None:
    """Remove folders of other releases in which no process counts."""
    with suppress(OSError):
        for other in folder.parent.iterdir():
            if other != folder and not slots.running(other):
                shutil.rmtree(other, ignore_errors=True)


def collect(recorder: Recorder) -> Iterable[Metric]:
    """The metrics of all processes that share files, or of this process alone."""
    if recorder.folder is None:
        return recorder.registry.collect()
    files = sorted(recorder.folder.glob("*.db"))
    return _merged(files) or _merged([each for each in files if _merged([each])])


def _merged(files: Sequence[Path]) -> list[Metric]:
    """The sums over these files; empty if one of them is unreadable."""
    try:
        merged = MultiProcessCollector.merge(list(map(str, files)))  # type: ignore[no-untyped-call]
        return list(merged)
    except _UNREADABLE:
        return []
