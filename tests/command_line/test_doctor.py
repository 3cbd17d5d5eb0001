"""`refeed doctor`: what is wrong, and what repairs it."""

from pathlib import Path

import pytest

from app.command_line.diagnosis.checks import (
    GIB,
    Health,
    check_clock,
    check_disk,
    check_migrations,
    check_modes,
    check_ready,
    check_token,
    check_version,
    check_work,
)
from tests.command_line.conftest import Service, Terminal
from tests.support.stack import environment

OK, WARNING, FAILED = Health.OK, Health.WARNING, Health.FAILED


@pytest.mark.parametrize(
    ("free", "total", "health"),
    [(GIB // 2, GIB, FAILED), (2 * GIB, 50 * GIB, WARNING), (2 * GIB, 4 * GIB, OK)],
)
def test_a_full_disk_is_found(free: int, total: int, health: Health):
    assert check_disk("/state", free, total).health is health


@pytest.mark.parametrize(
    ("seconds", "health"), [(0.2, OK), (-6, WARNING), (6, WARNING), (-61, FAILED)]
)
def test_a_wrong_clock_is_found(seconds: float, health: Health):
    assert check_clock("the database", seconds).health is health


@pytest.mark.parametrize(
    ("modes", "health"), [({"a": 0o600}, OK), ({"a": 0o600, "b": 0o640}, FAILED)]
)
def test_a_file_that_others_may_read_is_found(modes: dict[str, int], health: Health):
    found = check_modes(modes)

    assert (found.health, "chmod go= b" in found.repair) == (health, health is FAILED)


@pytest.mark.parametrize(
    ("found", "health"),
    [
        pytest.param(check_version(150_004, "15.4"), OK, id="PostgreSQL 15"),
        pytest.param(check_version(140_009, "14.9"), FAILED, id="PostgreSQL 14"),
        pytest.param(check_migrations("0001", behind=False), OK, id="migrated"),
        pytest.param(check_migrations(None, behind=True), FAILED, id="no tables"),
        pytest.param(
            check_ready({"status": "ok", "checks": {"a": "ok"}}), OK, id="ready"
        ),
        pytest.param(
            check_ready({"status": "degraded", "checks": {"redis": "down"}}),
            WARNING,
            id="degraded",
        ),
        pytest.param(
            check_ready({"status": "down", "checks": {"postgres": "down"}}),
            FAILED,
            id="down",
        ),
        pytest.param(check_work(""), OK, id="no jobs"),
        pytest.param(
            check_work('refeed_job_oldest_due_seconds{kind="import"} 61.5\n'),
            FAILED,
            id="no worker",
        ),
    ],
)
def test_each_finding_has_a_health_and_a_repair(found: object, health: Health):
    assert getattr(found, "health") is health  # noqa: B009 - of any check
    assert bool(getattr(found, "repair")) is (health is not OK)  # noqa: B009 - as above


@pytest.mark.parametrize(
    ("state", "health"),
    [("ok", OK), ("unknown", OK), ("refused", FAILED), ("forbidden", FAILED)],
)
def test_a_refused_token_is_found(state: str, health: Health):
    connection = {"health": state, "detail": None}
    account = {"id": "a1", "platform": "EU", "environment": "sandbox"}

    found = check_token({**account, "connection": connection})

    assert (found.name, found.health) == ("token a1", health)


@pytest.fixture
def terminal(quiet_service: Service, tmp_path: Path) -> Terminal:
    names = environment(quiet_service.settings)
    env = {name: value for name, value in names.items() if name.startswith("REFEED_")}
    return Terminal(quiet_service.url, tmp_path, env=env)


def healths(terminal: Terminal) -> dict[str, str]:
    found = terminal.json("doctor")["items"]
    return {each["name"].split(" ")[0]: each["health"] for each in found}


def test_a_sound_installation_has_no_failure(
    quiet_service: Service, terminal: Terminal
):
    quiet_service.open_shop()

    result = terminal.installed("doctor")

    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert {line.split()[0] for line in lines[1:]} == {
        *("settings", "file", "disk", "database", "clock", "migrations", "queue"),
        *("service", "token", "workers", "marketplace"),
    }
    assert "bmt-" not in result.stdout.casefold()


def test_what_is_broken_is_named_with_a_repair(terminal: Terminal):
    terminal.env |= {
        "REFEED_REDIS_URL": "redis://127.0.0.1:9/0",
        "REFEED_DATABSE_URL": "x",
    }

    result = terminal.run("doctor")

    assert result.exit_code == 5, result.output
    found = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert "REFEED_DATABSE_URL" in found["settings"]
    assert "check REFEED_REDIS_URL" in found["queue"]


@pytest.mark.parametrize(
    ("env", "named"),
    [
        pytest.param(
            {"REFEED_DATABASE_URL": "postgresql://a:secret@127.0.0.1:9/b"},
            ("database", "check REFEED_DATABASE_URL"),
            id="PostgreSQL is away",
        ),
        pytest.param(
            {"REFEED_PORT": "x"}, ("settings", "REFEED_PORT"), id="a wrong setting"
        ),
        pytest.param(
            {"REFEED_URL": "http://127.0.0.1:9"},
            ("service", "No service answers"),
            id="no API",
        ),
    ],
)
def test_a_part_that_is_away_does_not_hide_the_others(
    terminal: Terminal, env: dict[str, str], named: tuple[str, str]
):
    terminal.env |= env

    result = terminal.run("doctor")

    assert result.exit_code == 5, result.output
    found = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert named[1] in found[named[0]]
    assert len(found) > 3
    assert "secret" not in result.output


def test_elsewhere_only_the_service_is_checked(quiet_service: Service, tmp_path: Path):
    terminal = Terminal(quiet_service.url, tmp_path)
    terminal.env = {"REFEED_STATE_DIR": str(tmp_path / "none")}

    found = healths(terminal)

    assert found["database"] == "skipped"
    assert found["service"] == "ok"
