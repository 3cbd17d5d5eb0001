"""The sandbox as a process: port, saved state, dropped connections, shutdown."""

import ast
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import app.sandbox
from tests.support.dying import open_program
from tests.support.patience import PATIENCE

LINES = "sku;product_id;quantity;price\nA1;77;4;249.00\n"
NO_DELAY = '{"task_starts_after": 0, "task_ends_after": 0, "snapshot_delay": 60}'


@contextmanager
def running(*arguments: str) -> Iterator[str]:
    """Yield the URL; afterwards the process must exit with 0 and no output."""
    command = [sys.executable, "-m", "app.sandbox", "--options", NO_DELAY, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = open_program(command, **pipes)
    try:
        line = process.stdout.readline()
        assert line.startswith("sandbox listening on http://"), line
        yield line.split()[-1]
    finally:
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, complaints) == (0, "")


@pytest.fixture
def seller(make_token):
    return {"Authorization": f"Basic {make_token()}", "Accept-Language": "fr-fr"}


def test_accepted_writes_survive_a_restart_and_shutdown_logs_no_error(tmp_path, seller):
    state, port = tmp_path / "state.json", tmp_path / "port"
    body = {"catalog": LINES, "delimiter": ";", "quotechar": '"', "encoding": "utf-8"}
    with running("--state", str(state), "--port-file", str(port)) as url:
        sent = httpx.post(f"{url}/ws/listings", headers=seller, json=body)
        number = sent.json()["bodymessage"]
        before = httpx.get(f"{url}/ws/listings", headers=seller).json()
        assert url.endswith(f":{port.read_text()}")

    with running("--state", str(state)) as url:
        after = httpx.get(f"{url}/ws/listings", headers=seller).json()
        task = httpx.get(f"{url}/ws/tasks/{number}", headers=seller).json()

    assert before["count"] == 1
    assert after["results"] == before["results"]
    assert task["action_status"] == 9
    assert "A1" in task["result"]["product_success"]


def test_a_lost_response_closes_the_connection_after_the_effect(seller):
    with running() as url, httpx.Client(base_url=url, headers=seller) as client:
        body = {"sku": "A1", "quantity": 1, "markets": {"FR": {"price": "9"}}}
        client.get("/ws/listings")
        path = "/_sandbox/accounts/account-1/listings"
        client.post(path, json={"listings": [body]})
        client.post("/_sandbox/faults", json={"kind": "lost_answer", "count": 1})
        number = client.get("/_sandbox/listings").json()["accounts"]["account-1"][0]

        with pytest.raises(httpx.TransportError):
            client.post(f"/ws/listings/{number['id']}", json={"quantity": 7})

        found = client.get(f"/ws/listings/{number['id']}").json()
        assert found["quantity"] == 7


def test_the_sandbox_imports_no_other_package():
    sources = Path(app.sandbox.__file__).parent.glob("*.py")
    imported = {
        node.module
        for source in sources
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app")
    }

    assert imported
    assert all(module.startswith("app.sandbox") for module in imported)
