"""Dockerfile and compose.yaml name only what exists."""

import re
from pathlib import Path
from typing import Any

import yaml

from app.cli import app as cli
from app.migrations import FOLDER
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "refeed"}
COMMANDS = {
    command.name or command.callback.__name__ for command in cli.registered_commands
}
VARIABLES = {f"REFEED_{name.upper()}" for name in Settings.model_fields}


def test_each_service_runs_a_command_that_exists():
    assert {name: one["command"][0] for name, one in OURS.items()} == {
        "migrate": "migrate",
        "api": "api",
        "worker": "worker",
        "sandbox": "sandbox",
    }
    assert set(OURS) <= COMMANDS
    assert re.search(r'^ENTRYPOINT \["refeed"\]$', DOCKERFILE, re.MULTILINE)
    default = re.search(r'^CMD \["(\w+)"\]$', DOCKERFILE, re.MULTILINE)
    assert default
    assert default[1] in COMMANDS


def test_two_apis_and_three_workers_run_and_migrations_once():
    replicas = {
        name: one.get("deploy", {}).get("replicas", 1) for name, one in OURS.items()
    }
    ports = re.fullmatch(r"127\.0\.0\.1:(\d+)-(\d+):8000", SERVICES["api"]["ports"][0])

    assert replicas == {"migrate": 1, "api": 2, "worker": 3, "sandbox": 1}
    assert "restart" not in SERVICES["migrate"]
    assert ports, "each API needs a port of its own"
    assert int(ports[2]) - int(ports[1]) + 1 == replicas["api"]


def test_each_variable_is_a_setting():
    text = (ROOT / "compose.yaml").read_text() + DOCKERFILE

    assert set(re.findall(r"REFEED_\w+", text)) <= VARIABLES


def test_every_image_is_pinned_by_digest():
    images = [one["image"] for one in SERVICES.values() if one["image"] != "refeed"]
    base = re.search(r"^ARG PYTHON=(\S+)$", DOCKERFILE, re.MULTILINE)

    assert base
    assert images
    for image in [*images, base[1]]:
        assert re.fullmatch(r"\S+:[\d.]+\S*@sha256:[0-9a-f]{64}", image)


def test_every_container_has_limits_of_memory_and_processors():
    for name, one in SERVICES.items():
        limits = one["deploy"]["resources"]["limits"]

        assert set(limits) == {"cpus", "memory"}, name


def test_the_processes_get_every_setting_of_the_env_file_but_the_sandbox_none():
    env_file = [{"path": ".env", "required": False}]

    assert {name: one["env_file"] for name, one in OURS.items()} == {
        "migrate": env_file,
        "api": env_file,
        "worker": env_file,
        "sandbox": [],
    }


def test_the_example_of_the_env_file_names_settings_and_no_secret():
    lines = (ROOT / "env.example").read_text().splitlines()
    values = [line.removeprefix("# ") for line in lines if "=" in line]
    names = {value.partition("=")[0]: value.partition("=")[2] for value in values}
    needed = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "compose.yaml").read_text()))

    assert needed <= set(names) <= VARIABLES | {"POSTGRES_PASSWORD"}
    assert {names[name] for name in needed} == {""}


def test_the_sandbox_starts_only_with_its_profile_where_the_example_says():
    example = (ROOT / "env.example").read_text()
    command = SERVICES["sandbox"]["command"]
    port = command[command.index("--port") + 1]

    assert SERVICES["sandbox"]["profiles"] == ["sandbox"]
    assert f"REFEED_SANDBOX_URL=http://sandbox:{port}\n" in example
    assert not [
        n for n, one in SERVICES.items() if "sandbox" in one.get("depends_on", {})
    ]


def test_secrets_have_no_default():
    for name in ("REFEED_ADMIN_KEY", "REFEED_SECRET_KEY", "POSTGRES_PASSWORD"):
        written = re.findall(rf"\${{?{name}[^}}]*}}?", str(COMPOSE))

        assert written
        assert set(written) == {f"${{{name}:?}}"}


def test_each_process_has_the_settings_without_which_it_does_not_start():
    needed = {"REFEED_DATABASE_URL", "REFEED_REDIS_URL", "REFEED_SECRET_KEY"}

    assert needed <= set(SERVICES["worker"]["environment"])
    assert needed | {"REFEED_ADMIN_KEY"} <= set(SERVICES["api"]["environment"])


def test_nothing_starts_before_what_it_needs():
    assert {(n, c["condition"]) for n, c in SERVICES["api"]["depends_on"].items()} == {
        ("migrate", "service_completed_successfully"),
        ("postgres", "service_healthy"),
        ("valkey", "service_healthy"),
    }
    assert SERVICES["worker"]["depends_on"] == SERVICES["api"]["depends_on"]
    for name, one in SERVICES.items():
        for other, what in one.get("depends_on", {}).items():
            test = SERVICES[other].get("healthcheck", {}).get("test")
            assert test or what["condition"] != "service_healthy", (name, other)


def test_containers_run_without_unneeded_rights():
    for name, one in OURS.items():
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert one["read_only"], name
    user = re.findall(r"^USER (\d+):\d+$", DOCKERFILE, re.MULTILINE)
    assert user
    assert user[-1] != "0"


def test_volumes_that_are_used_are_declared():
    used = {
        v.partition(":")[0] for one in SERVICES.values() for v in one.get("volumes", [])
    }

    assert used == set(COMPOSE["volumes"])


def test_files_copied_into_the_image_are_not_ignored():
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = {source.rstrip("/") for line in copies for source in line.split()}

    assert sources == {line[1:] for line in ignore if line.startswith("!")}
    assert all((ROOT / source).exists() for source in sources)


def test_migrations_are_installed_beside_the_app():
    project = (ROOT / "pyproject.toml").read_text()

    assert FOLDER == ROOT / "migrations"
    assert 'packages = ["app", "workers", "migrations"]' in project


def test_the_check_of_the_image_is_valid_python():
    code = re.search(r'"python", "-c", "(.+)"\]', DOCKERFILE)

    assert code
    compile(code[1], "healthcheck", "exec")
    assert "/health/live" in code[1]
