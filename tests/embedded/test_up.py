"""`refeed up` goes on serving while one of its processes keeps dying."""

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from app.embedded.errors import StartError
from app.embedded.processes.restarts import RestartPolicy
from app.launch import launch
from app.metrics.sharing import folder_of
from app.settings import Settings
from tests.monitoring.scraping import Scrape
from tests.support.stack import environment, wait_until

PATIENCE = 120
QUICK = RestartPolicy(
    pauses=(timedelta(0),), settled_after=timedelta(days=1), reset_after=timedelta.max
)


def workers() -> list[psutil.Process]:
    """The worker of this launcher; empty while none runs."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "workers.main" in child.cmdline()
    ]


def kill_worker() -> None:
    wait_until(workers, PATIENCE)
    (worker,) = workers()
    worker.kill()
    wait_until(lambda: not worker.is_running(), PATIENCE)


def test_the_api_answers_while_the_worker_keeps_dying(
    settings: Settings, tmp_path: Path
):
    log = tmp_path / "worker.log"

    def readiness(url: str) -> dict[str, Any]:
        return dict(httpx.get(f"{url}/health/ready").raise_for_status().json())

    def observe(url: str) -> list[dict[str, Any]]:
        assert [each.environ().get("REFEED_ADMIN_KEY") for each in workers()] == [None]
        seen = [readiness(url)]
        for _ in range(8):
            kill_worker()
            seen.append(readiness(url))
        wait_until(lambda: log.read_text().count('"worker.ready"') > 0, PATIENCE)
        return [*seen, readiness(url)]

    before = psutil.Process().children()
    with (
        launch(settings, environment(settings), tmp_path, QUICK) as running,
        ThreadPoolExecutor(1) as other,
    ):
        wait_until(lambda: "worker.ready" in log.read_text(), PATIENCE)
        log.write_text("")
        observed = other.submit(observe, running.url)
        observed.add_done_callback(lambda _: os.kill(os.getpid(), signal.SIGTERM))
        running.watch()

    first, *_, last = observed.result()
    assert first["status"] == "ok"
    assert last["status"] == "degraded"
    assert (
        last["checks"]["worker"] == "restarting: 8 exits in a row, the last by SIGKILL"
    )
    assert psutil.Process().children() == before
    assert not (settings.state_dir / "restarting.json").exists()


def test_a_port_in_use_ends_the_start(settings: Settings):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        here = settings.model_copy(update={"host": "127.0.0.1", "port": port})

        with (
            pytest.raises(
                StartError, match=rf"{port} cannot be used \(Address.*use\);"
            ),
            launch(here),
        ):
            pass


def test_an_unusable_state_folder_ends_the_start(tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")

    with (
        pytest.raises(
            StartError, match=r"file/state cannot be used .*REFEED_STATE_DIR"
        ),
        launch(Settings(state_dir=blocked / "state")),
    ):
        pass


def test_metrics_begin_with_the_start_and_only_the_api_listens(settings: Settings):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    old = folder_of(settings.state_dir) / "worker-7.lock"
    old.parent.mkdir(parents=True)
    old.touch()
    extra = environment(settings) | {"REFEED_METRICS_ADDRESS": address}

    def processes() -> dict[str, float]:
        answer = httpx.get(f"http://{address}/metrics").raise_for_status()
        found = Scrape(answer.text)
        kinds = ("api", "worker")
        return {
            kind: found.value("refeed_processes", process=kind) or 0 for kind in kinds
        }

    with launch(settings, extra):
        wait_until(lambda: processes() == {"api": 1, "worker": 1}, PATIENCE)
        (worker,) = workers()

        assert "REFEED_METRICS_ADDRESS" not in worker.environ()
        assert not old.exists()
