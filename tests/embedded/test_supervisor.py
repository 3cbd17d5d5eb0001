import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta

import psutil
import pytest

from app.embedded.errors import StartError
from app.embedded.processes.process import Child, Process
from app.embedded.processes.restarts import (
    Restart,
    RestartPolicy,
    exit_name,
    exits_in_a_row,
    pause_before_restart,
)
from app.embedded.supervisor import Supervisor

POLICY = RestartPolicy()
DIE = "import os; os.kill(os.getpid(), 9)"


@pytest.mark.parametrize(
    ("exits", "seconds"),
    [
        pytest.param(1, 0.2, id="first exit"),
        pytest.param(2, 0.6, id="second"),
        pytest.param(5, 10, id="fifth: it goes on"),
        pytest.param(8, 60, id="eighth: the longest"),
        pytest.param(9, 60, id="the longest repeats"),
        pytest.param(10_000, 60, id="without end"),
    ],
)
def test_pauses_grow_up_to_a_minute_and_never_end(exits, seconds):
    assert pause_before_restart(exits, POLICY) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("earlier", "ran", "exits"),
    [
        pytest.param(0, 0, 1, id="the first exit, at once"),
        pytest.param(0, 3600, 1, id="the first exit after an hour"),
        pytest.param(4, 0.1, 5, id="one more in a row"),
        pytest.param(4, 59.9, 5, id="it ran for less than a minute"),
        pytest.param(4, 60, 1, id="after a good minute the count starts again"),
    ],
)
def test_a_minute_without_an_exit_resets_the_pause(earlier, ran, exits):
    assert exits_in_a_row(earlier, timedelta(seconds=ran), POLICY) == exits


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param(3, "status 3", id="its own status"),
        pytest.param(0, "status 0", id="without an error"),
        pytest.param(-9, "SIGKILL", id="a signal"),
        pytest.param(-40, "signal 40", id="a signal without a name"),
        pytest.param(None, "not started", id="it could not be started"),
    ],
)
def test_an_exit_is_named(code, name):
    assert exit_name(code) == name


def python(name: str, code: str, **more) -> Child:
    return Child(name, [sys.executable, "-c", code], dict(os.environ), **more)


class Reports(list[list[Restart]]):
    """Collects what a supervisor reports; requests a stop after so many."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.last = last

    def add(self, restarts: Sequence[Restart]) -> None:
        self.append(list(restarts))
        if len(self) == self.last:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_child_that_keeps_ending_is_restarted_and_logged(tmp_path, caplog):
    log = tmp_path / "worker.log"
    keeps_ending = python("worker", f"print('born', flush=True); {DIE}", log=log)
    reports = Reports(last=8)
    policy = RestartPolicy(pauses=(timedelta(0),))

    with Supervisor(policy, reports.add) as supervisor:
        supervisor.start(python("api", "import time; time.sleep(60)"), keeps_ending)
        supervisor.watch()

    assert log.read_text() == "born\n" * 8
    assert [(r.name, r.exit, r.exits) for (r,) in reports] == [
        ("worker", "SIGKILL", number) for number in range(1, 9)
    ]
    event = caplog.records[-1]
    assert event.message == "child.ended"
    assert (event.child, event.exit, event.exits_in_a_row) == ("worker", "SIGKILL", 8)
    assert event.restart_in_seconds == 0


def test_a_stop_during_a_pause_does_not_wait_for_it():
    before = psutil.Process().children()
    policy = RestartPolicy(pauses=(timedelta(days=1),))

    with Supervisor(policy, Reports(last=1).add) as supervisor:
        supervisor.start(
            python("api", "import time; time.sleep(60)"),
            python("worker", DIE),
        )
        supervisor.watch()

    assert psutil.Process().children() == before


def test_a_restarted_child_that_runs_is_no_longer_reported(tmp_path):
    mark = tmp_path / "mark"
    once = (
        f"import pathlib, time; mark = pathlib.Path({str(mark)!r})\n"
        "if mark.exists(): time.sleep(60)\n"
        f"mark.touch(); {DIE}"
    )
    reports = Reports(last=2)
    policy = RestartPolicy(pauses=(timedelta(0),), settled_after=timedelta(0))

    with Supervisor(policy, reports.add) as supervisor:
        supervisor.start(python("worker", once))
        supervisor.watch()

    assert [[restart.name for restart in report] for report in reports] == [
        ["worker"],
        [],
    ]


def test_a_restart_that_the_system_refuses_is_repeated(tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o755)
    reports = Reports(last=3)

    def without_program(restarts: Sequence[Restart]) -> None:
        program.unlink(missing_ok=True)
        reports.add(restarts)

    policy = RestartPolicy(pauses=(timedelta(0),))
    with Supervisor(policy, without_program) as supervisor:
        supervisor.start(Child("worker", [str(program)], {}))
        supervisor.watch()

    assert [restart.exit for (restart,) in reports] == [
        "SIGKILL",
        "not started",
        "not started",
    ]


def has_zombie() -> bool:
    children = psutil.Process().children()
    return any(child.status() == psutil.STATUS_ZOMBIE for child in children)


def test_a_child_that_refuses_its_settings_ends_the_start(tmp_path):
    log = tmp_path / "worker.log"
    refuses = python("worker", "raise SystemExit('REFEED_X is not valid')", log=log)
    until_it_ended = python("api", "import time; time.sleep(60)", ready=has_zombie)

    with (
        pytest.raises(StartError, match=r"(?s)worker ended with status 1.*not valid"),
        Supervisor() as supervisor,
    ):
        supervisor.start(refuses, until_it_ended)


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
