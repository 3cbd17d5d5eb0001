"""Decides from the end of a parser process whether a limit ended it. Pure."""

import os
import signal

from app.parser_process.errors import ParserCrashedError, ParserLimitError

CRASH = "crash"
_NO_MEMORY = ("memory allocation of", "MemoryError", "out of memory", "bad_alloc")
_BY_LIMIT = {
    signal.SIGXCPU: "CPU time",
    signal.SIGXFSZ: "disk space",
    signal.SIGKILL: "memory",
}
"""SIGKILL that we did not send is the kernel's, out of memory."""


def ending_of(status: int, stderr: str) -> ParserLimitError | ParserCrashedError:
    """The error for a child with this wait status and this end of its stderr."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return ParserCrashedError(f"the parser exited with status {code}")
    number = signal.Signals(-code)
    if number in _BY_LIMIT:
        return ParserLimitError(_BY_LIMIT[number])
    if any(words in stderr for words in _NO_MEMORY):
        return ParserLimitError("memory")
    return ParserCrashedError(f"the parser ended with {number.name}")


def reason_of(ending: ParserLimitError | ParserCrashedError) -> str:
    """The limit that ended it, or `crash`: one of few words."""
    return str(ending) if isinstance(ending, ParserLimitError) else CRASH
