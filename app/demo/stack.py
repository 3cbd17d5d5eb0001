"""The running service of the demo, in a temporary folder."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.demo.api import Api
from app.demo.sandbox_client import SandboxClient
from app.demo.waiting import Poller
from app.launch import launch
from app.settings import Settings

POLL = "PT0.1S"
TAIL_LINES = 15
SUCCESSFUL_REQUEST = re.compile(r'"status": 2\d\d, .*"event": "request"')


@dataclass(frozen=True, slots=True)
class Stack:
    """The running service. `other_side` is None with an external sandbox."""

    api: Api
    sandbox_url: str
    sandbox: SandboxClient | None
    poller: Poller


@contextmanager
def temporary_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="refeed-demo-") as folder:
        yield Path(folder)


@contextmanager
def running_stack(settings: Settings, folder: Path) -> Iterator[Stack]:
    """Start the service on a free port; the processes log to files in the folder."""
    here = settings.model_copy(
        update={"state_dir": folder / "state", "host": "127.0.0.1", "port": 0}
    )
    extra = {
        "REFEED_HOST": "127.0.0.1",
        "REFEED_STORAGE_DIR": str(folder / "uploads"),
        "REFEED_TASK_POLL": POLL,
        "REFEED_LOG_FORMAT": "json",
    }
    with launch(here, extra, logs=folder) as running:
        url = running.sandbox_url or ""
        ours = settings.sandbox_url is None
        yield Stack(
            api=Api(running.url, running.admin_key),
            sandbox_url=url,
            sandbox=SandboxClient(Api(url)) if ours else None,
            poller=Poller(lambda: running.supervisor.stop_requested),
        )


def log_tail(folder: Path) -> str:
    """Return the ends of the logs, without successful requests."""
    parts = []
    for log in sorted(folder.glob("*.log*")):
        lines = log.read_text(errors="replace").splitlines()
        relevant = [line for line in lines if not SUCCESSFUL_REQUEST.search(line)]
        if relevant:
            parts.append("\n".join([f"-- {log.name}", *relevant[-TAIL_LINES:]]))
    return "\n".join(parts)
