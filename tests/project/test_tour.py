"""The tutorial, typed as it is written, on the whole service."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.mail_server import free_port
from tests.support.dying import open_program, run_program

TUTORIAL = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
PORTS_IN_TUTORIAL = (9000, 2525)
ADDRESS_IN_TUTORIAL = "http://127.0.0.1:8000"

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"
)


@pytest.fixture
def given() -> str:
    """The tutorial, with ports that are free."""
    text = TUTORIAL.read_text()
    for port in PORTS_IN_TUTORIAL:
        text = re.sub(rf"\b{port}\b", str(free_port()), text)
    return text


@pytest.fixture
def url(tmp_path: Path, given: str) -> Iterator[str]:
    """The service, with its state folder where `make up` puts it."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REFEED_")}
    (exports,) = re.findall(r"```console\n(.*?)make up\n```", given, re.DOTALL)
    named = shlex.split(exports.replace("export ", ""))
    clean |= dict(each.split("=", 1) for each in named)
    with (
        (tmp_path / "up.log").open("wb") as log,
        open_program(
            [sys.executable, "-m", "app.cli", "up"],
            cwd=tmp_path,
            env={**clean, "REFEED_PORT": "0"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as service,
    ):
        ready = service.stdout.readline()
        found = re.search(r"http://\S+:\d+", ready)
        assert found, (tmp_path / "up.log").read_text()[-3000:]
        yield found[0]
        service.terminate()
        assert service.wait(60) == 0


@pytest.mark.long
def test_the_tutorial_shows_the_documented_output(url: str, given: str, tmp_path: Path):
    blocks = re.findall(r"```sh\n(.*?)```", given, re.DOTALL)
    script = "\n".join(blocks).replace(ADDRESS_IN_TUTORIAL, url)

    typed = run_program(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        searched=False,  # it shows answers of the API, buyers' names included
    )

    assert typed.returncode == 0, typed.stderr
    said = typed.stdout
    states = re.findall(r"^[a-z_]+$", said, re.MULTILINE)
    assert states == [
        *("awaiting_mapping", "ready", "finished", "ready", "finished"),
        *("ready", "finished", "finished"),  # products, then offers
        *("done", "done", "done", "done"),  # orders fetched, two accepted, one shipped
        *("finished", "ready"),  # a quick update, a plan
    ]
    first, second, products, raised = (
        part.partition("\n}")[0] for part in said.split("finished\n")[1:5]
    )
    assert '"accepted": 4' in first
    assert '"rejected": 1' in first
    reasons = re.findall(r'"sku": "(\S+)",\s+"reason": "(\w+)"', second)
    assert dict(reasons) == {
        "IP12-64": "modified",
        "S21-256": "disappeared",
        "PIX-6": "new",
        "MYSTERY": "in_error",
    }
    assert '"outcome": "accepted"' in products
    assert '"quantity": 1' in raised
    assert '"state": "awaiting_validation"' in said
    assert "event: end" in said
    held = said.split("finished\n")[-1].partition("\n}")[0]
    assert re.findall(r'"(?:sku|code)": "(\S+)"', held) == ["S21-128", "brake_price"]
    assert '"state": "held"' in said
    assert '"versions": {' in said
    assert '"remaining":' in said
    received = re.findall(r"^(order\.\w+) /v1/orders/\S+$", said, re.MULTILINE)
    assert received[:2] == ["order.created", "order.created"]
    assert received.count("order.updated") >= 3
    assert '"accepted": 2,\n' in said
    assert re.search(
        r"^Subject: \[refeed\] Phones FR: \d+ events?$", said, re.MULTILINE
    )
    assert re.search(r"^ +\d+  order changed$", said, re.MULTILINE)
