import os
import stat

import psutil
import psycopg
import pytest
import redis

from app.embedded import postgres
from app.embedded.errors import AlreadyRunningError, StartError
from app.embedded.servers import EmbeddedServers

from .conftest import is_alive, wait_until

FAST = {"fsync": "off"}


def query(url: str, text: str) -> tuple:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(text)
        return cursor.fetchone() if cursor.description else ()


def put(redis_url: str, key: str, value: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(key, value)


def get(redis_url: str, key: str) -> bytes | None:
    with redis.Redis.from_url(redis_url) as client:
        return client.get(key)


def test_data_survives_stop_and_start(tmp_path):
    with EmbeddedServers(tmp_path / "state", FAST) as servers:
        query(servers.endpoints.database_url, "CREATE TABLE note AS SELECT 42 AS n")
        put(servers.endpoints.redis_url, "note", "42")
        pids = [servers.postgres_pid, servers.valkey_pid]
    assert not any(psutil.pid_exists(pid) for pid in pids)

    with EmbeddedServers(tmp_path / "state", FAST) as servers:
        assert query(servers.endpoints.database_url, "TABLE note") == (42,)
        assert get(servers.endpoints.redis_url, "note") == b"42"


def test_data_survives_a_crash(tmp_path):
    with EmbeddedServers(tmp_path / "state", FAST) as servers:
        query(servers.endpoints.database_url, "CREATE TABLE note AS SELECT 42 AS n")
        put(servers.endpoints.redis_url, "note", "42")
        family = psutil.Process(servers.postgres_pid).children(recursive=True)

        servers.kill_postgres()
        servers.kill_valkey()

        assert servers.postgres_pid is None
        assert servers.valkey_pid is None
        wait_until(lambda: not any(map(is_alive, family)), "no backend is left")
        servers.start_postgres()
        servers.start_valkey()
        assert query(servers.endpoints.database_url, "TABLE note") == (42,)
        assert get(servers.endpoints.redis_url, "note") == b"42"


def test_the_application_owns_its_database_and_no_server_listens_on_a_network(
    tmp_path,
):
    with EmbeddedServers(tmp_path / "state", FAST) as servers:
        role = query(
            servers.endpoints.database_url,
            "SELECT current_user, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user",
        )
        ports = [
            psutil.Process(pid).net_connections("inet")
            for pid in (servers.postgres_pid, servers.valkey_pid)
        ]

    assert role == ("refeed", False, False, False, False)
    assert ports == [[], []]


def test_a_second_start_on_the_same_folder_is_refused(tmp_path):
    with EmbeddedServers(tmp_path / "state", FAST) as servers:
        second = EmbeddedServers(tmp_path / "state", FAST)

        with pytest.raises(AlreadyRunningError) as refusal:
            second.start()
        second.stop()

        assert str(tmp_path / "state") in str(refusal.value)
        assert refusal.value.pid == os.getpid()
        assert query(servers.endpoints.database_url, "SELECT 1") == (1,)


def test_closed_parent_folders_are_traversed_and_unchanged(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    above = [closed, *closed.parents]
    modes = [folder.stat().st_mode for folder in above]

    with EmbeddedServers(closed / "state", FAST) as servers:
        uids = psutil.Process(servers.postgres_pid).uids()

    assert [folder.stat().st_mode for folder in above] == modes
    assert 0 not in uids


def test_a_start_that_fails_leaves_no_process_and_no_lock(tmp_path):
    before = psutil.Process().children(recursive=True)
    servers = EmbeddedServers(tmp_path / "state", {"no_such_setting": "1"})

    with pytest.raises(StartError, match="no_such_setting") as failure:
        servers.start()
    servers.stop()

    assert "postgres.log" in str(failure.value)
    assert psutil.Process().children(recursive=True) == before
    with EmbeddedServers(tmp_path / "state", FAST) as later:
        assert later.postgres_pid


def test_an_interrupted_first_start_is_repeated(tmp_path):
    unfinished = tmp_path / "state" / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")

    with EmbeddedServers(tmp_path / "state", FAST) as servers:
        assert servers.postgres_pid

    assert not unfinished.exists()


def test_secrets_are_readable_only_by_their_owner(tmp_path):
    with EmbeddedServers(tmp_path / "state", FAST):
        pass

    files = [*tmp_path.glob("state/*.key"), *tmp_path.glob("state/logs/*")]
    assert len(files) == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_stale_pid_file_of_another_process_is_removed(tmp_path):
    note = tmp_path / "postmaster.pid"
    note.write_text(f"{os.getpid()}\n{tmp_path}\n")

    postgres.remove_stale_pid_file(tmp_path)

    assert not note.exists()


def test_a_mismatched_key_is_reported_at_once(tmp_path):
    with EmbeddedServers(tmp_path / "state", FAST):
        pass
    (tmp_path / "state" / "postgres-postgres.key").write_text("x" * 40)

    with pytest.raises(StartError, match="does its key file"):
        EmbeddedServers(tmp_path / "state", FAST).start()
