import os
import signal
import sys
from datetime import timedelta

import psutil
import pytest

from app.embedded.errors import GaveUpError, StartError
from app.embedded.processes.process import Child, Process
from app.embedded.processes.restarts import RestartPolicy, pause_before_restart
from app.embedded.supervisor import Supervisor

NOW = timedelta(0)
OLD = timedelta(seconds=61)


@pytest.mark.parametrize(
    ("ages", "seconds"),
    [
        pytest.param([NOW], 0.2, id="first death"),
        pytest.param([NOW] * 2, 0.6, id="second"),
        pytest.param([NOW] * 3, 2, id="third"),
        pytest.param([NOW] * 4, 5, id="fourth"),
        pytest.param([NOW] * 5, None, id="fifth: give up"),
        pytest.param([OLD] * 4 + [NOW], 0.2, id="old deaths are forgiven"),
    ],
)
def test_pauses_grow_and_the_fifth_exit_in_a_minute_gives_up(ages, seconds):
    pause = pause_before_restart(ages, RestartPolicy())

    assert pause == (None if seconds is None else timedelta(seconds=seconds))


def python(name: str, code: str, **more) -> Child:
    return Child(name, [sys.executable, "-c", code], dict(os.environ), **more)


def test_a_child_that_exits_five_times_ends_the_launcher_with_its_name_and_log(
    tmp_path,
):
    log = tmp_path / "worker.log"
    child = python("worker", "print('born'); raise SystemExit(3)", log=log)

    with (
        pytest.raises(GaveUpError, match=r"worker ended 5 times.*code 3") as end,
        Supervisor(RestartPolicy(pauses=(timedelta(0),) * 4)) as supervisor,
    ):
        supervisor.start(child)
        supervisor.watch()

    assert str(log) in str(end.value)
    assert log.read_text() == "born\n" * 5


def test_a_child_that_is_never_ready_is_ended_and_its_log_is_shown(tmp_path):
    child = python(
        "api",
        "import time; print('port in use', flush=True); time.sleep(60)",
        ready=lambda: False,
        ready_timeout=timedelta(seconds=0.5),
        log=tmp_path / "api.log",
    )
    process = Process(child)

    with pytest.raises(StartError, match=r"(?s)not ready.*port in use"):
        process.start()

    assert not process.running


def test_a_child_that_cannot_be_started_is_named():
    child = Child("sandbox", ["./no-such-program"], {})

    with pytest.raises(StartError, match="sandbox cannot be started"):
        Process(child).start()


def test_a_signal_while_a_child_starts_ends_the_start_without_an_error():
    child = python("api", "import time; time.sleep(60)", ready=lambda: False)
    reached = []
    before = psutil.Process().children()

    with Supervisor() as supervisor:
        supervisor.start(
            python("first", "import time; time.sleep(60)", ready=signal_ourselves)
        )
        supervisor.start(child)
        reached.append("after the start")

    assert supervisor.stop_requested
    assert not reached
    assert psutil.Process().children() == before


def signal_ourselves() -> bool:
    os.kill(os.getpid(), signal.SIGTERM)
    return True


def test_a_child_that_ignores_the_request_to_stop_is_killed(tmp_path):
    ready = tmp_path / "ready"
    code = (
        "import pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch();"
        "signal.pause()"
    )
    process = Process(
        python("deaf", code, ready=ready.exists, stop_timeout=timedelta(seconds=0.2))
    )
    process.start()

    process.stop()
    process.stop()

    assert process.exit_code == -signal.SIGKILL
