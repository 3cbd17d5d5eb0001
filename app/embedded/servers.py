"""The embedded PostgreSQL and Valkey of one state folder."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Self

from app.embedded import binaries, postgres, valkey
from app.embedded.layout import Layout, make_sockets, remove_sockets
from app.embedded.os_user import able_to_reach, held_capabilities, server_account
from app.embedded.processes.lock import StateLock
from app.embedded.processes.process import Process

NO_OPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Endpoints:
    """URLs of both servers; both name a socket, the first has a password."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class _Prepared:
    sockets: Path
    postgres: Process
    valkey: Process


class EmbeddedServers:
    """Life cycle of both servers; `options` are settings of PostgreSQL."""

    def __init__(
        self, state_dir: Path, options: Mapping[str, str] = NO_OPTIONS
    ) -> None:
        self.layout = Layout(state_dir.resolve())
        self._options = options
        self._lock = StateLock(self.layout.state)
        self._prepared: _Prepared | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Endpoints:
        """Start both, creating what is missing; clean up on failure.

        Raises AlreadyRunningError when another launcher holds the folder.
        """
        self.layout.make()
        self._lock.acquire()
        try:
            self._prepared = self._prepare()
            self.start_postgres()
            postgres.create_database(self.layout, self.superuser_url)
            self.start_valkey()
        except BaseException:
            self.stop()
            raise
        return self.endpoints

    def _prepare(self) -> _Prepared:
        layout = self.layout
        account = server_account(layout.postgres)
        programs = binaries.postgres_programs(layout.postgres)
        valkey_server = binaries.valkey_server()
        sockets = make_sockets(layout, account)
        if account:
            account = able_to_reach(
                account,
                folders=[layout.postgres, layout.valkey, sockets],
                programs=[programs / "postgres", programs / "initdb", valkey_server],
                held=held_capabilities(),
            )
        postgres.create(layout, programs, account, sockets)
        postgres.remove_stale_pid_file(layout.postgres)
        valkey.create(layout, account)
        return _Prepared(
            sockets,
            Process(postgres.child(layout, programs, account, sockets, self._options)),
            Process(valkey.child(layout, valkey_server, account, sockets)),
        )

    def stop(self) -> None:
        """Stop both; idempotent."""
        if not self._lock.held:
            return
        with ExitStack() as last_things:  # an error must not keep the others running
            last_things.callback(self._lock.release)
            last_things.callback(remove_sockets, self.layout)
            for process in self.processes:
                last_things.callback(process.stop)
        self._prepared = None

    @property
    def processes(self) -> Sequence[Process]:
        """The server processes in start order."""
        prepared = self._prepared
        return (prepared.postgres, prepared.valkey) if prepared else ()

    @property
    def endpoints(self) -> Endpoints:
        sockets = self._ours.sockets
        return Endpoints(
            postgres.url(self.layout, sockets, postgres.ROLE, postgres.ROLE),
            valkey.url(sockets),
        )

    @property
    def superuser_url(self) -> str:
        """For tests and maintenance; the application has its own role."""
        return postgres.superuser_url(self.layout, self._ours.sockets)

    @property
    def postgres_pid(self) -> int | None:
        return self._ours.postgres.pid

    @property
    def valkey_pid(self) -> int | None:
        return self._ours.valkey.pid

    def start_postgres(self) -> None:
        self._ours.postgres.start()

    def kill_postgres(self) -> None:
        """Kill the server like a crash; return when all its processes have ended."""
        self._ours.postgres.kill()

    def start_valkey(self) -> None:
        self._ours.valkey.start()

    def kill_valkey(self) -> None:
        self._ours.valkey.kill()

    @property
    def _ours(self) -> _Prepared:
        if self._prepared is None:
            raise RuntimeError("the embedded servers are not started")
        return self._prepared
