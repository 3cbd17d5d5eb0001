"""Fork servers for parsers that are copies of a process with the engine imported.

A process of a test that starts one by itself imports the engine again, which takes a
second of CPU; it falls back to that when this one has ended.
"""

import gc
import importlib
import os
import socket
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import configure_mappers

from app.parser_process import fork_server
from app.parser_process.pool import POOL
from app.parser_process.spawn import ENGINE, ForkServer
from tests.support.dying import fork_child


def warm_up() -> None:
    """Called once, in the process that is copied for each process of a test."""
    for name in ENGINE:
        importlib.import_module(name)
    configure_mappers()
    gc.collect()
    gc.freeze()


@dataclass(slots=True)
class _Forked:
    """A forked process, with the methods of `subprocess.Popen` that are used here."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        return self._wait(os.WNOHANG)

    def wait(self) -> int | None:
        return self._wait(0)

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def fork_parser_server() -> None:
    """Fork the fork server of this process, before it has settings or a thread."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        ours.close()
        os.setsid()
        os.environ["RUST_BACKTRACE"] = "0"
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        fork_server._serve(theirs)

    process: Any = _Forked(fork_child(serve))
    theirs.close()
    POOL.server = ForkServer(ours, process)
