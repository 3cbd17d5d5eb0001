"""Starts the whole service as child processes of one command, and stops it."""

import logging
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path

from app.core.restarting import (
    RestartingProcess,
    remove_restarting,
    write_restarting,
)
from app.embedded import keys
from app.embedded.errors import StartError
from app.embedded.layout import Layout
from app.embedded.processes.lock import StateLock
from app.embedded.processes.process import Child, own_module
from app.embedded.processes.restarts import Restart, RestartPolicy
from app.embedded.servers import EmbeddedServers
from app.embedded.supervisor import StopRequestedError, Supervisor
from app.metrics import sharing
from app.migrations import migrate
from app.private_files import private_umask, tighten
from app.settings import Settings, SettingsError
from app.starting import open_uploads

log = logging.getLogger(__name__)

STOP_TIMEOUT = timedelta(seconds=12)
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Connects to our own processes without a proxy of the environment."""
SECRETS = frozenset(
    f"REFEED_{name}"
    for name in (
        *("ADMIN_KEY", "SECRET_KEY", "PREVIOUS_SECRET_KEYS"),
        *("DATABASE_URL", "REDIS_URL"),
    )
)
ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Running:
    """The running service."""

    supervisor: Supervisor
    url: str
    state_dir: Path
    key_place: str
    admin_key: str
    sandbox_url: str | None

    def watch(self) -> None:
        """Restart what ends, until a signal."""
        self.supervisor.watch()


@contextmanager
def launch(
    settings: Settings,
    extra: Mapping[str, str] | None = None,
    logs: Path | None = None,
    policy: RestartPolicy | None = None,
) -> Iterator[Running]:
    """Start servers, sandbox, worker and API; stop them in reverse.

    `extra` is added to the children's environment; `logs` is a folder that takes
    their output instead of the terminal. Raises EmbeddedError, of which
    StopRequestedError says that a signal came while starting.
    """
    state = settings.state_dir.absolute()
    report = partial(_report_restarts, state)
    with (
        private_umask(),
        ExitStack() as last_things,
        Supervisor(policy, report) as supervisor,
    ):
        env = {**os.environ, **(extra or {})}
        env |= _servers(settings, supervisor, state, last_things)
        env |= _keys(settings, state)
        env["REFEED_STATE_DIR"] = str(state)
        last_things.callback(remove_restarting, state)
        _open_files(settings, state)
        sharing.empty(state)
        migrate(env["REFEED_DATABASE_URL"])
        children = []
        if settings.sandbox_url is None:
            sandbox, env["REFEED_SANDBOX_URL"] = _sandbox(state, env, logs)
            children.append(sandbox)
        api, url = _api(settings, env, logs)
        supervisor.start(*children, _worker(env, logs), api)
        yield Running(
            supervisor=supervisor,
            url=url,
            state_dir=state,
            key_place=_key_place(settings, state),
            admin_key=env["REFEED_ADMIN_KEY"],
            sandbox_url=env.get("REFEED_SANDBOX_URL"),
        )
        return
    raise StopRequestedError("asked to stop while starting")


def _open_files(settings: Settings, state: Path) -> None:
    """Check the folder of uploads, and make files of earlier versions private."""
    try:
        open_uploads(settings.model_copy(update={"state_dir": state}))
    except SettingsError as error:
        raise StartError(str(error)) from error
    tighten(*Layout(state).private)


def _report_restarts(state: Path, restarts: Sequence[Restart]) -> None:
    """Let `/health/ready` name what restarts; a full disk must not end the service."""
    try:
        write_restarting(
            state,
            [
                RestartingProcess(each.name, each.exit, each.exits, each.next_start_at)
                for each in restarts
            ],
        )
    except OSError:
        log.exception("child.restart_not_reported")


def _key_place(settings: Settings, state: Path) -> str:
    return "REFEED_ADMIN_KEY" if settings.admin_key else str(state / "admin.key")


def _keys(settings: Settings, state: Path) -> dict[str, str]:
    """Return both keys; missing ones are created once in the state folder."""
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
    settings: Settings, supervisor: Supervisor, state: Path, last_things: ExitStack
) -> dict[str, str]:
    """Return both server URLs: configured, or those of the embedded servers."""
    database, redis = settings.database_url, settings.redis_url
    if database and redis:
        Layout(state).make()
        lock = StateLock(state)
        lock.acquire()
        last_things.callback(lock.release)
        return {
            "REFEED_DATABASE_URL": database.get_secret_value(),
            "REFEED_REDIS_URL": redis.get_secret_value(),
        }
    if database or redis:
        missing = "REDIS" if database else "DATABASE"
        raise StartError(
            f"REFEED_{missing}_URL is missing: set both URLs for external servers, "
            "or none for the embedded ones."
        )
    endpoints = supervisor.serve(EmbeddedServers(state))
    return {
        "REFEED_DATABASE_URL": endpoints.database_url,
        "REFEED_REDIS_URL": endpoints.redis_url,
    }


def _sandbox(
    state: Path, env: Mapping[str, str], logs: Path | None
) -> tuple[Child, str]:
    port = _free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    (state / "sandbox.url").write_text(url)
    options = ("--port", str(port), "--state", str(state / "sandbox.json"))
    child = Child(
        "sandbox",
        own_module("app.sandbox", *options),
        _without(env, SECRETS),
        ready=lambda: _answers(f"{url}/_sandbox/summary"),
        log=(logs or state / "logs") / "sandbox.log",
    )
    return child, url


def _worker(env: Mapping[str, str], logs: Path | None) -> Child:
    return Child(
        "worker",
        own_module("workers.main"),
        # The address of metrics is the API's, which counts for all processes here.
        _without(env, {"REFEED_ADMIN_KEY", "REFEED_METRICS_ADDRESS"}),
        stop_timeout=STOP_TIMEOUT,
        log=_log(logs, "worker"),
    )


def _without(env: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """The environment of a child that needs no variable of these names."""
    return {name: value for name, value in env.items() if name.upper() not in names}


def _api(
    settings: Settings, env: Mapping[str, str], logs: Path | None
) -> tuple[Child, str]:
    port = _free_port(settings.host, settings.port)
    reachable = "127.0.0.1" if settings.host in ANY_ADDRESS else settings.host
    url = f"http://{reachable}:{port}"
    child = Child(
        "api",
        own_module("app.serve"),
        {**env, "REFEED_PORT": str(port)},
        ready=lambda: _answers(f"{url}/health/live"),
        stop_timeout=STOP_TIMEOUT,
        log=_log(logs, "api"),
    )
    return child, url


def _log(logs: Path | None, name: str) -> Path | None:
    return logs / f"{name}.log" if logs else None


def _free_port(host: str, port: int) -> int:
    """Return the port if it is free, or any free one for 0. Raises StartError."""
    try:
        with socket.create_server((host, port)) as probe:
            found: int = probe.getsockname()[1]
            return found
    except OSError as error:
        # `create_server` appends the address, which the message starts with.
        reason = str(error.strerror).partition(" (while")[0]
        raise StartError(
            f"{host}:{port} cannot be used ({reason}); check REFEED_HOST and set "
            "REFEED_PORT to another port, or to 0 for any free one."
        ) from error


def _answers(url: str) -> bool:
    try:
        with DIRECT.open(url, timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False
