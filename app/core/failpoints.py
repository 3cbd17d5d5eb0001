"""Named places where a test lets the process die, to prove that nothing is lost."""

import os
import signal
from pathlib import Path

VARIABLE = "REFEED_FAILPOINT"
"""`<name>=<file>`: die at that place, once; the file says that it has happened."""


def failpoint(name: str) -> None:
    """Die here, as by `kill -9`, when the environment asks for it; else nothing."""
    wish = os.environ.get(VARIABLE)
    if not wish:
        return
    place, _, marker = wish.partition("=")
    if place == name and not Path(marker).exists():
        Path(marker).write_text(name)
        os.kill(os.getpid(), signal.SIGKILL)
