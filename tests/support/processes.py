"""Processes of tests: they start in milliseconds, and die with the tests."""

import multiprocessing
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from app.serve import serve_api
from app.starting import OF_THE_API, prepare_or_exit
from tests.support.dying import die_with_parent
from tests.support.fork_server import OWNER
from tests.support.process_logs import new_log, watch
from tests.support.warm_parsers import fork_parser_server

Start = Callable[[], None]

# A process that has imported what takes 1.5 s of CPU, and is copied for each other.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["tests.support.fork_server", "app.serve", "workers.main", "tests.support.warm"]
)


def serve() -> None:
    """The API, as `python -m app.serve` runs it."""
    serve_api(prepare_or_exit(*OF_THE_API))


@dataclass(slots=True)
class Running:
    """A process of ours, with the methods of `subprocess.Popen`."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, seconds: float) -> int:
        self.process.join(seconds)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired(self.process.name, seconds)
        return self.process.exitcode

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()


def start(
    main: Start,
    env: Mapping[str, str],
    log: Path | None = None,
    prepare: Start | None = None,
) -> Running:
    """Run `main` in a process of its own; `prepare` is called first, in there.

    What it logs is searched for secrets (`planted.py`).
    """
    written = log or new_log()
    process = CONTEXT.Process(
        target=_run, args=(main, dict(env), written, prepare), daemon=True
    )
    os.environ[OWNER] = str(os.getpid())  # read by the fork server, which starts now
    process.start()
    running = Running(process)
    watch(written, lambda: running.poll() is not None, ours=log is None)
    return running


def _run(main: Start, env: Mapping[str, str], log: Path, prepare: Start | None) -> None:
    die_with_parent()
    fork_parser_server()
    os.environ.clear()
    os.environ.update(env)
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(errors, 1)
    os.dup2(errors, 2)
    if prepare:
        prepare()
    main()
