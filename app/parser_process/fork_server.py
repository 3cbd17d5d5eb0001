"""A process that imports the engine once and forks parser processes on request.

It has one thread and never runs engine code itself, so that its children inherit no
locked mutex. It ends, and ends its children, when the process that started it ends.
"""

import ctypes
import gc
import importlib
import os
import select
import signal
import socket
import struct
import sys
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import recvfds

from app.parser_process import child

FDS = 3
"""File descriptors of a request: connection of the child, its stderr, status pipe."""
STATUS = struct.Struct("=qq")
"""A record of the status pipe: the process id, then later the wait status."""
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """`python -m app.parser_process.fork_server <control fd> <module>...`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    _serve(control)


def _serve(control: socket.socket) -> None:
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_reader, False)
    os.set_blocking(wake_writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
    running: dict[int, int] = {}
    while True:
        ready = select.select([control.fileno(), wake_reader], [], [])[0]
        if wake_reader in ready:
            with suppress(BlockingIOError):
                os.read(wake_reader, 4096)
            _reap(running)
        if control.fileno() in ready:
            try:
                fds = recvfds(control, FDS)
            except (EOFError, OSError):
                break
            _fork(control, fds, running)
    for pid in running:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _fork(control: socket.socket, fds: list[int], running: dict[int, int]) -> None:
    connection, errors, status = fds
    pid = os.fork()
    if pid == 0:
        _become_child(control, connection, errors, [status, *running.values()])
    os.close(connection)
    os.close(errors)
    running[pid] = status
    with suppress(OSError):
        os.write(status, STATUS.pack(pid, 0))


def _become_child(
    control: socket.socket, connection: int, errors: int, others: list[int]
) -> None:
    """Serve in the forked child; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _die_with_parent()
        control.close()
        for fd in others:
            os.close(fd)
        os.dup2(errors, 2)
        os.close(errors)
        child.serve(Connection(connection))
        code = 0
    except BaseException:  # noqa: BLE001 - nothing above this can handle it
        traceback.print_exc()
    finally:
        os._exit(code)


def _die_with_parent() -> None:
    """On Linux the kernel ends the child with the fork server."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _reap(running: dict[int, int]) -> None:
    """Collect ended children, and write the status of each into its pipe."""
    while running:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        pipe = running.pop(pid)
        with suppress(OSError):
            os.write(pipe, STATUS.pack(pid, status))
        os.close(pipe)


if __name__ == "__main__":
    main()
