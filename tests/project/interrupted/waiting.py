"""Run by test_interrupted.py: starts what tests start, then waits to be interrupted."""

import os
import signal
from pathlib import Path

import pytest

from app.settings import Settings
from tests.support.serving import served
from tests.support.stack import WorkerProcess


@pytest.mark.timeout(0)
def test_it_waits(settings: Settings, process: WorkerProcess):
    process.start()
    with served(settings):
        Path(os.environ["STARTED"]).touch()
        signal.pause()
