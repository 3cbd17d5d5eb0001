"""Named failpoints where a test kills the process, to prove that nothing is lost."""

import os
import signal
from pathlib import Path

VARIABLE = "REFEED_FAILPOINT"
"""`<name>=<file>`: kill the process at this failpoint, once; the file records it."""


def failpoint(name: str) -> None:
    """Kill the process with SIGKILL when the environment names this failpoint."""
    setting = os.environ.get(VARIABLE)
    if not setting:
        return
    target, _, marker = setting.partition("=")
    if target == name and not Path(marker).exists():
        Path(marker).write_text(name)
        os.kill(os.getpid(), signal.SIGKILL)
