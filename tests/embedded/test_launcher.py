"""The launcher as a process: how it ends, and that it leaves nothing behind."""

import os
import signal
import tempfile
from pathlib import Path

import psutil

from app.embedded.servers import EmbeddedServers

from .conftest import PATIENCE, is_alive, wait_until

STOPPED_IN_ORDER = ["api stopped with servers up", "worker stopped with servers up"]


def test_ctrl_c_stops_the_children_in_reverse_and_the_servers_last(launch):
    launcher = launch()

    os.killpg(launcher.process.pid, signal.SIGINT)

    assert launcher.process.wait(PATIENCE) == 0
    assert launcher.lines[-3:] == ["ready", *STOPPED_IN_ORDER]
    assert not launcher.left_over()
    assert (
        "database system is shut down"
        in (launcher.state / "logs/postgres.log").read_text()
    )


def test_a_second_signal_ends_everything_at_once(launch):
    launcher = launch("stubborn")

    launcher.process.terminate()
    wait_until(lambda: STOPPED_IN_ORDER[0] in launcher.lines, "the first signal")
    launcher.process.terminate()

    assert launcher.process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert not launcher.left_over()


def test_a_killed_launcher_leaves_no_process_and_starts_again(launch, tmp_path):
    too_long_for_a_socket = tmp_path / ("long" * 30)
    launcher = launch(state=too_long_for_a_socket)
    sockets = Path((too_long_for_a_socket / "sockets.path").read_text())
    assert sockets.parent == Path(tempfile.gettempdir())

    launcher.process.kill()

    assert not launcher.left_over()
    assert sockets.exists()
    with EmbeddedServers(too_long_for_a_socket, {"fsync": "off"}) as servers:
        assert not sockets.exists()
        assert servers.postgres_pid
        assert servers.valkey_pid


def test_a_start_after_a_kill_waits_for_stopping_processes(launch):
    launcher = launch()

    launcher.process.kill()
    launcher.process.wait(PATIENCE)

    with EmbeddedServers(launcher.state, {"fsync": "off"}) as servers:
        assert servers.postgres_pid
        assert servers.valkey_pid


def test_a_child_or_server_that_exits_is_restarted(launch):
    launcher = launch()

    for word in ("worker", "postgres", "valkey-server"):
        victim = launcher.child(word)
        victim.kill()
        wait_until(lambda victim=victim: not victim.is_running(), "it is reaped")

    wait_until(lambda: launcher.lines.count("worker started") == 2, "a new worker")
    wait_until(lambda: is_back(launcher, "postgres"), "a new PostgreSQL")
    wait_until(lambda: is_back(launcher, "valkey-server"), "a new Valkey")
    launcher.process.terminate()
    assert launcher.process.wait(PATIENCE) == 0


def is_back(launcher, word: str) -> bool:
    try:
        return is_alive(launcher.child(word))
    except (StopIteration, psutil.NoSuchProcess):
        return False
