"""The running service of the demo, in a temporary folder."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.demo.api import Api
from app.demo.sandbox_client import OtherSide
from app.demo.waiting import Patience
from app.launch import launch
from app.settings import Settings

POLL = "PT0.1S"
TAIL_LINES = 15
WENT_WELL = re.compile(r'"status": 2\d\d, .*"event": "request"')


@dataclass(frozen=True, slots=True)
class Stack:
    """The running service. `other_side` is None with an external sandbox."""

    api: Api
    sandbox_url: str
    other_side: OtherSide | None
    patience: Patience


@contextmanager
def throw_away_folder() -> Iterator[Path]:
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
            other_side=OtherSide(Api(url)) if ours else None,
            patience=Patience(lambda: running.supervisor.stop_requested),
        )


def log_tail(folder: Path) -> str:
    """Return the ends of the logs, without successful requests."""
    parts = []
    for log in sorted(folder.glob("*.log*")):
        lines = log.read_text(errors="replace").splitlines()
        telling = [line for line in lines if not WENT_WELL.search(line)]
        if telling:
            parts.append("\n".join([f"-- {log.name}", *telling[-TAIL_LINES:]]))
    return "\n".join(parts)
