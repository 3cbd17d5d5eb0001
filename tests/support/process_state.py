"""What belongs to the whole process that runs tests: how it logs, and its umask."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import structlog


@dataclass(frozen=True, slots=True)
class ProcessState:
    """Other tests depend on it: they read what is logged, and who may open files."""

    umask: int
    level: int
    logger_factory: object

    @classmethod
    def now(cls) -> "ProcessState":
        umask = os.umask(0)
        os.umask(umask)
        factory = structlog.get_config()["logger_factory"]
        return cls(umask, logging.getLogger().level, factory)


@contextmanager
def restored_process() -> Iterator[None]:
    """Undo what code does that runs at the start of a process.

    Loggers that are used meanwhile must not keep the configuration.
    """
    state, root = ProcessState.now(), logging.getLogger()
    handlers, config = root.handlers[:], structlog.get_config()
    configure = structlog.configure

    def configure_for_now(**given: Any) -> None:
        configure(**given | {"cache_logger_on_first_use": False})

    try:
        with patch.object(structlog, "configure", configure_for_now):
            yield
    finally:
        structlog.configure(**config)
        root.handlers[:] = handlers
        root.setLevel(state.level)
        os.umask(state.umask)
