"""What processes that tests start say: their log files, and output that was captured.

Without our app, since `dying` imports it.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class ProcessLog:
    """A file that a process writes; `ours`: only we read it."""

    path: Path
    ended: Callable[[], bool]
    ours: bool
    offset: int = 0

    def read_new(self) -> str:
        """What was written since the last time."""
        if not self.path.is_file():
            return ""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            found = file.read()
        self.offset += len(found)
        return found.decode(errors="replace")


_WATCHED: list[ProcessLog] = []
_SAID: list[str] = []


def new_log() -> Path:
    """An empty file, which is deleted when it was read."""
    with tempfile.NamedTemporaryFile(prefix="refeed-process-", delete=False) as file:
        return Path(file.name)


def watch(path: Path, ended: Callable[[], bool], *, ours: bool = False) -> None:
    _WATCHED.append(ProcessLog(path, ended, ours))


def note(*outputs: object) -> None:
    """Outputs of a program that has ended, as far as they were captured."""
    for output in outputs:
        if isinstance(output, bytes):
            _SAID.append(output.decode(errors="replace"))
        elif isinstance(output, str):
            _SAID.append(output)


def said_since() -> Iterator[str]:
    """Each text once: what was said since the last time."""
    yield from _SAID
    _SAID.clear()
    for log in [*_WATCHED]:
        over = log.ended()
        yield log.read_new()
        if over:
            _WATCHED.remove(log)
            if log.ours:
                log.path.unlink(missing_ok=True)
