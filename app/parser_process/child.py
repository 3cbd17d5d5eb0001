"""The loop of a parser process: receive work, run it under limits, send its result."""

import faulthandler
import gc
import pickle
import resource
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from app.parser_process.errors import ParserCrashedError, ParserLimitError
from app.parser_process.limits import ParserLimits, prepare, restrict

_MAX_TEXT = 2000
MAX_WORKS = 100
"""Pieces of work after which a child ends; a new one begins with fresh memory."""
MAX_RESIDENT_BYTES = 400 * 1024**2
"""Peak memory after which a child ends."""


@dataclass(frozen=True, slots=True)
class Work:
    """A function of an importable module, its arguments, and limits.

    If `reports`, the function gets a first argument: a function that sends a text to
    the caller and waits until the caller has handled it.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    limits: ParserLimits
    reports: bool


@dataclass(frozen=True, slots=True)
class Message:
    """From the child: a report, the result, or an exception.

    `last`: the child ends after it, and takes no further work.
    """

    kind: Literal["report", "result", "error"]
    value: object
    last: bool = False
    traceback: str = ""


def serve(connection: Connection) -> None:
    """Run works until the caller closes the connection or the child is worn out."""
    prepare()
    faulthandler.enable()
    for number in range(1, MAX_WORKS + 1):
        try:
            work: Work = connection.recv()
        except (EOFError, ConnectionError):
            return
        message = _run(work, connection)
        last = message.last or number == MAX_WORKS or _is_large()
        _send(connection, Message(message.kind, message.value, last, message.traceback))
        if last:
            return
        del work, message
        gc.collect()


def _run(work: Work, connection: Connection) -> Message:
    def report(text: str) -> None:
        connection.send(Message("report", text))
        connection.recv()

    try:
        restrict(work.limits)
        first = (report,) if work.reports else ()
        return Message("result", work.function(*first, *work.arguments))
    except MemoryError:
        return Message("error", ParserLimitError("memory"), last=True)
    except RecursionError:
        return Message("error", ParserLimitError("nesting"), last=True)
    except Exception as error:  # noqa: BLE001 - passed on to the caller
        return Message("error", error, _has_panicked(error), traceback=_text())
    except BaseException as error:  # noqa: BLE001 - a panic of a native library
        return Message("error", _crash(error), last=True, traceback=_text())


def _send(connection: Connection, message: Message) -> None:
    """Send; an exception that cannot be pickled is replaced by its text."""
    try:
        if message.kind == "error":
            pickle.loads(pickle.dumps(message.value))  # noqa: S301 - our own bytes
        connection.send(message)
    except (EOFError, ConnectionError):
        return
    except Exception:  # noqa: BLE001 - pickling runs any code of the value
        crash = _crash(message.value)
        connection.send(Message("error", crash, message.last, message.traceback))


def _has_panicked(error: BaseException | None) -> bool:
    """Whether a panic of a native library caused the error: its locks may be broken."""
    while error is not None:
        if not isinstance(error, Exception):
            return True
        error = error.__cause__ or error.__context__
    return False


def _crash(error: object) -> ParserCrashedError:
    return ParserCrashedError(f"{type(error).__name__}: {error}"[:_MAX_TEXT])


def _text() -> str:
    return traceback.format_exc(limit=-12)[-_MAX_TEXT:]


def _is_large() -> bool:
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return peak > MAX_RESIDENT_BYTES
