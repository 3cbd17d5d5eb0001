"""Starts the fork server of this process, and asks it for children."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import sendfds
from typing import IO

from app.parser_process.fork_server import STATUS

ENGINE = (
    "app.catalogs.engine.pipeline.run",
    "app.catalogs.engine.pipeline.preview",
    "app.catalogs.engine.pipeline.product_texts",
    "app.catalogs.engine.report.rejected_rows",
    "app.catalogs.engine.report.source_rows",
    "app.catalogs.imports.child_import",
    "app.catalogs.mapping.propose_from",
    "app.catalogs.named_columns",
)
"""Modules that the fork server imports before it forks."""
_MAX_STDERR = 4000


@dataclass(slots=True)
class Child:
    """A parser process, and our ends of its connection, stderr and status pipe."""

    connection: Connection
    errors: IO[bytes]
    status: int
    pid: int
    ended: bool = False

    def is_waiting(self) -> bool:
        """Whether it can take work: it has sent nothing and has not ended."""
        return not self.ended and not self.connection.poll()

    def kill(self) -> None:
        """End it at once."""
        if not self.ended:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> tuple[int, str]:
        """Its wait status and the end of its stderr; it must have ended or been killed.

        The status is that of SIGKILL if the fork server ended, too.
        """
        with suppress(OSError):
            record = os.read(self.status, STATUS.size)
            status = STATUS.unpack(record)[1] if record else int(signal.SIGKILL)
            self.ended = True
            size = self.errors.seek(0, os.SEEK_END)
            self.errors.seek(max(0, size - _MAX_STDERR))
            return status, self.errors.read().decode(errors="replace")
        return int(signal.SIGKILL), ""

    def close(self) -> None:
        """Close our ends; an idle child ends by itself."""
        if self.status >= 0:
            self.connection.close()
            self.errors.close()
            os.close(self.status)
            self.status = -1
            self.ended = True


@dataclass(slots=True)
class ForkServer:
    """The fork server process; started again if it has ended. Not thread-safe."""

    control: socket.socket | None = None
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> socket.socket:
        """Start it unless it runs. It has none of our secrets in its environment."""
        if self.control and self.process and self.process.poll() is None:
            return self.control
        self.close()
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "app.parser_process.fork_server"]
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, str(theirs.fileno()), *ENGINE],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=_environment(),
        )
        theirs.close()
        self.control = ours
        return ours

    def fork(self) -> Child:
        """A new child. Raises OSError if the server cannot be started."""
        try:
            return self._fork()
        except (OSError, EOFError):
            self.close()
            return self._fork()

    def close(self) -> None:
        """End the server and its children."""
        if self.control:
            self.control.close()
            self.control = None
        if self.process:
            self.process.wait()
            self.process = None

    def _fork(self) -> Child:
        control = self.start()
        ours, theirs = Pipe()
        status, status_of_child = os.pipe()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - the child owns it
        try:
            sendfds(control, [theirs.fileno(), errors.fileno(), status_of_child])
        finally:
            theirs.close()
            os.close(status_of_child)
        record = os.read(status, STATUS.size)
        if not record:
            ours.close()
            errors.close()
            os.close(status)
            raise EOFError
        return Child(ours, errors, status, STATUS.unpack(record)[0])


def _environment() -> dict[str, str]:
    """The environment without settings, which may be secret.

    Without memory, a panic that prints a backtrace waits for its own lock forever.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("REFEED_", "OTEL_"))
    }
    return inherited | {"RUST_BACKTRACE": "0"}
