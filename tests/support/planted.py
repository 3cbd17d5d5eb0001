"""Secrets and buyers' data of tests, which no log, metric, event or audit entry has.

Every test is checked: what its process logged and other processes that it started, and
what is in its database at the end.
"""

import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from app.metrics.recording import RECORDER
from tests.support.process_logs import said_since
from tests.support.stack import ADMIN_KEY, SECRET_KEY

_TOKEN = r"BMT-[0-9a-f]{32}"
_ENCODED_TOKEN = "c2hvcDpCTVQt"
_STREET, _EMAIL = "rue de la Demo", r"buyer-\d+@example\.org"  # of the sandbox
PLANTED = f"{ADMIN_KEY}|{SECRET_KEY}|{_TOKEN}|{_ENCODED_TOKEN}|{_STREET}|{_EMAIL}"
STORED = (
    "SELECT body FROM event WHERE body ~ %(planted)s "
    "UNION ALL SELECT differences::text FROM audit_entry "
    "WHERE differences::text ~ %(planted)s"
)


def found_in_logs(report: pytest.TestReport) -> list[str]:
    """Planted texts in what a part of a test wrote and logged."""
    return [
        f"{title}: {found[0]}"
        for title, content in report.sections
        for found in re.finditer(PLANTED, content)
    ]


def found_in_programs(folder: Path | None) -> list[str]:
    """Planted texts, and keys in the folder, that programs of a test wrote and logged.

    In outputs and logs since the last time, and in log files below the folder.
    """
    files = [*folder.rglob("*")] if folder else []
    said = [*said_since(), *(read(path) for path in files if ".log" in path.name)]
    keys = [read(path).strip() for path in files if path.suffix == ".key"]
    searched = "|".join([PLANTED, *(re.escape(key) for key in keys if key)])
    return [found[0] for text in said for found in re.finditer(searched, text)]


def read(path: Path) -> str:
    return path.read_text(errors="replace") if path.is_file() else ""


def found_in_metrics() -> list[str]:
    """Planted texts in the metrics of this process."""
    metrics = generate_latest(RECORDER.registry).decode()
    return [found[0] for found in re.finditer(PLANTED, metrics)]
