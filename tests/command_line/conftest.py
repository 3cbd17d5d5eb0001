"""One running service per module: API and worker processes, the sandbox, one shop."""

import asyncio
import os
import pty
import re
import signal
import sys
import termios
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.support.databases import Databases
from tests.support.dying import open_program, run_program
from tests.support.patience import PATIENCE
from tests.support.serving import served
from tests.support.shop import Shop, open_shop
from tests.support.stack import (
    ADMIN_KEY,
    ServiceClient,
    WorkerProcess,
    settings_for,
)

REFEED = Path(sys.executable).with_name("refeed")


@dataclass(frozen=True, slots=True)
class Typed:
    """What a terminal showed, and the exit code."""

    code: int
    text: str


def _read(end: int) -> str:
    """What a terminal shows next; empty when its program has ended."""
    try:
        return os.read(end, 65536).decode(errors="replace")
    except OSError:  # on Linux: no program has the terminal open
        return ""


@dataclass(slots=True)
class Terminal:
    """Runs `refeed` against one service, in this process or as installed."""

    url: str
    folder: Path
    key: str = ADMIN_KEY
    env: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """No settings of the caller, and a configuration folder of its own."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("REFEED_")}
        return {
            **clean,
            "XDG_CONFIG_HOME": str(self.folder),
            "REFEED_URL": self.url,
            "REFEED_KEY": self.key,
            **self.env,
        }

    def run(self, *arguments: str, stdin: str | None = None) -> Result:
        """In this process: quick, with real HTTP."""
        unset = {k: None for k in os.environ if k.startswith("REFEED_")}
        env = {**unset, **self.environment}
        return CliRunner().invoke(app, list(arguments), input=stdin, env=env)

    def json(self, *arguments: str) -> Any:
        """The document that a command writes with `--json`."""
        result = self.run(*arguments, "--json")
        assert result.exit_code in {0, 5}, result.output
        return loads(result.stdout)

    def installed(self, *arguments: str, stdin: str = "") -> Any:
        """The command as it was installed, in a process of its own."""
        return self._program(arguments, self.environment, stdin)

    def installed_without_url(self, *arguments: str) -> Any:
        """As for a service on this machine, on a port that no one listens on."""
        env = {**self.environment, "REFEED_PORT": "9"}
        return self._program(
            arguments, {k: v for k, v in env.items() if k != "REFEED_URL"}, ""
        )

    def typed(self, arguments: list[str], text: str, until: str = "") -> Typed:
        """In a terminal of 100 columns, with what is typed there.

        `until`: press Ctrl-C when this pattern has appeared.
        """
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 100))
        env = {**self.environment, "TERM": "xterm", "COLUMNS": "100"}
        ends = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        with open_program(
            [REFEED, *arguments], env=env, cwd=self.folder, **ends
        ) as run:
            os.close(theirs)
            os.write(ours, text.encode())
            shown = ""
            while piece := _read(ours):
                shown += piece
                if until and re.search(until, shown):
                    run.send_signal(signal.SIGINT)
                    until = ""
            code = run.wait(PATIENCE)
        os.close(ours)
        return Typed(code, shown)

    def _program(
        self, arguments: Sequence[str], env: Mapping[str, str], stdin: str
    ) -> Any:
        return run_program(
            [REFEED, *arguments],
            env=env,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


@dataclass(slots=True)
class Service:
    """A running service."""

    url: str
    settings: Settings

    def call(self, work: Callable[[ServiceClient], Awaitable[Any]]) -> Any:
        """Do something with the API, outside of any event loop."""

        async def run() -> Any:
            headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
            async with ServiceClient(
                base_url=self.url, headers=headers, timeout=PATIENCE
            ) as client:
                assert self.settings.database_url
                client.database_url = self.settings.database_url.get_secret_value()
                return await work(client)

        return asyncio.run(run())

    def post(self, path: str, body: Any = None) -> Any:
        async def work(client: ServiceClient) -> Any:
            answer = await client.post(path, json=body)
            assert answer.is_success, answer.text
            return answer.json()

        return self.call(work)

    def open_shop(self, **more: Any) -> Shop:
        sandbox = str(self.settings.sandbox_url)
        return self.call(lambda client: open_shop(client, sandbox, **more))


@pytest.fixture(scope="module")
def quiet_service(
    databases: Databases,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """An API without a worker, and its settings."""
    url = databases.take()
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    folder = tmp_path_factory.mktemp("state")
    settings = settings_for(url, redis_url, sandbox_url, folder)
    with served(settings) as (_, address):
        yield Service(address, settings)
    databases.give_back(url)


@pytest.fixture(scope="module")
def service(
    databases: Databases,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """API and worker in processes of their own, on a database of the module."""
    url = databases.take()
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    folder = tmp_path_factory.mktemp("state")
    settings = settings_for(url, redis_url, sandbox_url, folder, sweep_interval=0.1)
    worker = WorkerProcess(settings)
    with served(settings) as (_, address):
        worker.start()
        try:
            yield Service(address, settings)
        finally:
            worker.stop()
    databases.give_back(url)


@pytest.fixture
def terminal(service: Service, tmp_path: Path) -> Terminal:
    return Terminal(service.url, tmp_path)
