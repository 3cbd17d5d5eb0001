"""An empty service, many stores, and each way in which a command can fail."""

import signal
from json import dumps, loads
from pathlib import Path
from subprocess import PIPE
from uuid import UUID, uuid4

import pytest

from app.events.enums import EventType
from app.events.payload import NewEvent, columns_of
from tests.command_line.conftest import REFEED, Service, Terminal
from tests.support.dying import open_program
from tests.support.patience import PATIENCE
from tests.support.stack import query

STORES = 1200
MANY = """
    INSERT INTO store SELECT (jsonb_populate_record(s, jsonb_build_object(
           'id', gen_random_uuid(), 'name', 'Many ' || n))).*
      FROM store AS s, generate_series(1, %s) AS n WHERE s.name LIKE 'Esc%%'
"""
TABLES = ("stores", "keys list", "webhooks list", "orders", "budget")


@pytest.fixture
def terminal(quiet_service: Service, tmp_path: Path) -> Terminal:
    return Terminal(quiet_service.url, tmp_path)


@pytest.fixture
def no_stores(quiet_service: Service) -> None:
    assert quiet_service.settings.database_url
    url = quiet_service.settings.database_url.get_secret_value()
    query(url, "DELETE FROM store")


@pytest.mark.usefixtures("no_stores")
@pytest.mark.parametrize("command", TABLES)
def test_an_empty_service_says_what_to_do_next(terminal: Terminal, command: str):
    people = terminal.run(*command.split())
    programs = terminal.json(*command.split())

    assert people.exit_code == 0, people.output
    assert len(people.stdout.splitlines()) == 1
    assert programs == {"items": [], "more": False}


@pytest.mark.usefixtures("no_stores")
def test_a_command_of_a_store_without_any_is_a_usage_error(terminal: Terminal):
    result = terminal.run("offers")

    assert result.exit_code == 2
    assert result.stderr == "refeed: There is no store yet; create one first.\n"


@pytest.mark.usefixtures("no_stores")
def test_many_stores_are_listed_and_found_by_name(
    quiet_service: Service, terminal: Terminal
):
    for name in ("Twin", "Twin", "Esc\x1b[2J"):
        quiet_service.post("/v1/stores", {"name": name, "country": "FR"})
    assert quiet_service.settings.database_url
    query(quiet_service.settings.database_url.get_secret_value(), MANY, STORES)

    page = terminal.json("stores", "--limit", str(STORES + 3))
    listed = page["items"]
    first = terminal.run("stores", "--limit", "250")
    lights = terminal.run("lights", "--store", "many 1100")
    twin = terminal.run("lights", "--store", "twin", "--json")
    none = terminal.run("lights")

    assert (len(listed), page["more"]) == (STORES + 3, False)
    assert (len(first.stdout.splitlines()), "--limit" in first.stderr) == (251, True)
    assert "\x1b" not in first.stdout
    assert (lights.exit_code, lights.stdout.count("red")) == (5, 3)
    error = loads(twin.stderr)
    assert (twin.exit_code, error["code"], twin.stdout) == (2, "ambiguous_store", "")
    assert error["error"].count("(Twin, FR)") == 2
    assert (none.exit_code, "Name a store with --store" in none.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        pytest.param(["lights", "-s", "x"], 2, "No store is `x`", id="unknown store"),
        pytest.param(["orders", "--due", "x"], 2, "Accepted: ", id="a refused value"),
        pytest.param(["report", str(uuid4())], 1, "not found", id="unknown report"),
        pytest.param(["push", "none.csv"], 2, "no file none.csv", id="no file"),
        pytest.param(["push", "/dev/null"], 2, "no file", id="no regular file"),
        pytest.param(["unmatched", "zero"], 2, "--all", id="nothing is named"),
        pytest.param(["nonsense"], 2, "No such command", id="no such command"),
        pytest.param(["keys", "revoke", str(uuid4())], 2, "--yes", id="not confirmed"),
    ],
)
def test_a_failed_command_has_a_sentence_and_an_exit_code(
    quiet_service: Service,
    terminal: Terminal,
    arguments: list[str],
    exit_code: int,
    sentence: str,
):
    quiet_service.post("/v1/stores", {"name": "Some", "country": "FR"})

    result = terminal.run(*arguments)

    assert (result.exit_code, result.stdout) == (exit_code, ""), result.output
    assert sentence in result.stderr


def test_a_wrong_key_is_refused_with_what_to_do(terminal: Terminal):
    terminal.key = "refeed_wrong"

    installed = terminal.installed("stores")
    as_json = terminal.installed("stores", "--json")

    assert (installed.returncode, installed.stdout) == (4, "")
    assert installed.stderr.startswith("refeed: The bearer key is not valid.")
    assert "REFEED_KEY" in installed.stderr
    assert "wrong" not in installed.stderr
    assert loads(as_json.stderr)["code"] == "unauthenticated"


def test_a_read_only_key_reads_and_is_refused_to_change(
    quiet_service: Service, terminal: Terminal
):
    store = quiet_service.post("/v1/stores", {"name": "Read", "country": "FR"})
    created = terminal.run("keys", "create", "reader", "--store", store["id"])
    key_id = created.stderr.split()[1]
    terminal.key = created.stdout.strip()

    lights, plan = terminal.run("lights"), terminal.run("plan")
    keys = terminal.run("keys", "list")
    terminal.key = Terminal.__dataclass_fields__["key"].default
    revoked = terminal.run("keys", "revoke", key_id, "--yes")
    listed = terminal.json("keys", "list")["items"]

    assert created.exit_code == 0, created.output
    assert (lights.exit_code, plan.exit_code, keys.exit_code) == (5, 4, 4)
    assert plan.stderr.startswith("refeed: This key is read-only.")
    assert (revoked.exit_code, listed[0]["revoked_at"] is not None) == (0, True)
    assert terminal.key not in created.output


def test_no_service_is_one_sentence_with_what_to_do(tmp_path: Path):
    terminal = Terminal("http://127.0.0.1:9", tmp_path)

    named = terminal.run("stores")
    here = terminal.installed_without_url("stores")

    assert named.exit_code == 3
    assert named.stderr == (
        "refeed: No service answers at http://127.0.0.1:9: check the address "
        "(REFEED_URL) and that refeed runs there.\n"
    )
    assert here.returncode == 3
    assert "start it with `refeed up`" in here.stderr


def test_a_tail_shows_events_as_they_happen(quiet_service: Service, terminal: Terminal):
    store = quiet_service.post("/v1/stores", {"name": "Live", "country": "FR"})["id"]
    assert quiet_service.settings.database_url
    url = quiet_service.settings.database_url.get_secret_value()
    command = [REFEED, "tail", "--limit", "2", "--json", "--store", store]
    pipes = {"stdout": PIPE, "stderr": PIPE, "text": True}

    with open_program(command, env=terminal.environment, **pipes) as tail:
        ready = tail.stderr.readline()
        for kind in (EventType.CATALOG_READY, EventType.CATALOG_REJECTED):
            event = NewEvent(kind, uuid4(), {"path": "/v1/x"}, store_id=UUID(store))
            rows = dumps(columns_of([event]))
            query(url, "SELECT refeed_record_events(%s::jsonb)", rows)
        lines, _ = tail.communicate(timeout=PATIENCE)

    assert ready == "Waiting for events; Ctrl-C ends it.\n"
    found = [loads(line)["type"] for line in lines.splitlines()]
    assert (tail.returncode, found) == (0, ["catalog.ready", "catalog.rejected"])


def test_ctrl_c_ends_a_tail_with_130(terminal: Terminal):
    env, quiet = terminal.environment, {"stdout": PIPE, "stderr": PIPE, "text": True}

    with open_program([REFEED, "tail"], env=env, **quiet) as tail:
        tail.stderr.readline()
        tail.send_signal(signal.SIGINT)
        out, err = tail.communicate(timeout=PATIENCE)

    assert (tail.returncode, out, err) == (130, "", "")


def test_a_webhook_endpoint_is_created_tested_and_listed(
    quiet_service: Service, terminal: Terminal
):
    store = quiet_service.post("/v1/stores", {"name": "Hook", "country": "FR"})["id"]
    url = "https://shop.example/events"

    created = terminal.run(
        *("webhooks", "create", url, "--store", store, "--event", "order.created")
    )
    endpoint = created.stderr.split()[1].rstrip(";")
    tested = terminal.run("webhooks", "test", endpoint)
    sent = terminal.json("webhooks", "deliveries", endpoint)["items"]
    listed = terminal.json("webhooks", "list")["items"]

    assert created.stdout.startswith("whsec_")
    assert tested.exit_code == 0, tested.output
    assert [each["type"] for each in sent] == ["webhook_endpoint.test"]
    assert [(each["id"], each["url"]) for each in listed] == [(endpoint, url)]
    assert "whsec_" not in terminal.run("webhooks", "list").stdout
