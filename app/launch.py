"""Brings the whole service up as children of one command, and down again."""

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

from app.embedded import keys
from app.embedded.errors import StartError
from app.embedded.process import Child
from app.embedded.servers import EmbeddedServers
from app.embedded.supervisor import Supervisor
from app.migrations import migrate
from app.settings import Settings

STOP_TIMEOUT = timedelta(seconds=12)
ANY_ADDRESS = frozenset({"0.0.0.0", "::"})


@dataclass(frozen=True, slots=True)
class Running:
    """The service as it runs."""

    supervisor: Supervisor
    url: str
    state_dir: Path
    admin_key: str
    sandbox_url: str | None

    def watch(self) -> None:
        """Keep everything running until a signal."""
        self.supervisor.watch()


@contextmanager
def launch(
    settings: Settings, extra: Mapping[str, str] | None = None, log: Path | None = None
) -> Iterator[Running]:
    """Start servers, sandbox, worker and API; stop them in reverse.

    `extra` is added to the children's environment; `log` takes their output instead
    of the terminal. Raises EmbeddedError.
    """
    state = settings.state_dir.absolute()
    state.mkdir(parents=True, exist_ok=True)
    with Supervisor() as supervisor:
        env = {**os.environ, **_keys(settings, state), **(extra or {})}
        env |= _servers(settings, supervisor, state)
        env["REFEED_STATE_DIR"] = str(state)
        migrate(env["REFEED_DATABASE_URL"])
        if settings.sandbox_url is None:
            env["REFEED_SANDBOX_URL"] = _start_sandbox(supervisor, state, env, log)
        _start_worker(supervisor, env, log)
        url = _start_api(supervisor, settings, env, log)
        yield Running(
            supervisor=supervisor,
            url=url,
            state_dir=state,
            admin_key=env["REFEED_ADMIN_KEY"],
            sandbox_url=env.get("REFEED_SANDBOX_URL"),
        )


def _keys(settings: Settings, state: Path) -> dict[str, str]:
    """Keys that are not given are made once and kept in the state folder."""
    admin, secret = settings.admin_key, settings.secret_key
    return {
        "REFEED_ADMIN_KEY": admin.get_secret_value()
        if admin
        else keys.admin_key(state),
        "REFEED_SECRET_KEY": secret.get_secret_value()
        if secret
        else keys.secret_key(state),
    }


def _servers(
    settings: Settings, supervisor: Supervisor, state: Path
) -> dict[str, str]:
    """The two URLs: given, or those of embedded servers. Both or none are given."""
    given = (settings.database_url, settings.redis_url)
    if all(given):
        return {
            name: url.get_secret_value()
            for name, url in zip(
                ("REFEED_DATABASE_URL", "REFEED_REDIS_URL"), given, strict=True
            )
            if url
        }
    if any(given):
        missing = "REDIS" if settings.database_url else "DATABASE"
        raise StartError(
            f"REFEED_{missing}_URL is missing: set both URLs for external servers, "
            "or none for the embedded ones."
        )
    endpoints = supervisor.serve(EmbeddedServers(state))
    return {
        "REFEED_DATABASE_URL": endpoints.database_url,
        "REFEED_REDIS_URL": endpoints.redis_url,
    }


def _start_sandbox(
    supervisor: Supervisor, state: Path, env: Mapping[str, str], log: Path | None
) -> str:
    port = _free_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "app.sandbox", "--port", str(port)]
    command += ["--state", str(state / "sandbox.json")]
    url = f"http://127.0.0.1:{port}"
    supervisor.start(
        Child(
            "sandbox",
            command,
            env,
            ready=lambda: _answers(f"{url}/_sandbox/summary"),
            log=log or state / "logs" / "sandbox.log",
        )
    )
    return url


def _start_worker(
    supervisor: Supervisor, env: Mapping[str, str], log: Path | None
) -> None:
    command = [sys.executable, "-m", "workers.main"]
    supervisor.start(Child("worker", command, env, stop_timeout=STOP_TIMEOUT, log=log))


def _start_api(
    supervisor: Supervisor, settings: Settings, env: Mapping[str, str], log: Path | None
) -> str:
    port = _free_port(settings.host, settings.port)
    reachable = "127.0.0.1" if settings.host in ANY_ADDRESS else settings.host
    url = f"http://{reachable}:{port}"
    supervisor.start(
        Child(
            "api",
            [sys.executable, "-m", "app.serve"],
            {**env, "REFEED_PORT": str(port)},
            ready=lambda: _answers(f"{url}/health/live"),
            stop_timeout=STOP_TIMEOUT,
            log=log,
        )
    )
    return url


def _free_port(host: str, port: int) -> int:
    """The port itself if it is free, or any free one for 0. Raises StartError."""
    try:
        with socket.create_server((host, port)) as probe:
            found: int = probe.getsockname()[1]
            return found
    except OSError as error:
        raise StartError(
            f"{host}:{port} cannot be used ({error.strerror}); set REFEED_PORT to "
            "another port, or to 0 for any free one."
        ) from error


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - ours
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False
