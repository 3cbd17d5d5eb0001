"""Migrations with several processes, locks and releases on one database."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from app.embedded.servers import EmbeddedServers
from app.migrations import FOLDER, KNOWN, migrate
from tests.support.dying import open_program
from tests.support.patience import PATIENCE
from tests.support.stack import ROOT, query

LATER = [
    path
    for path in (FOLDER / "versions").glob("*.py")
    if "down_revision = None" not in path.read_text()
]
DUE = "sa.Column('b', sa.Text(), nullable=False"
NARROWING = frozenset({"drop_column", "drop_table", "rename_table"})
NARROWING_SQL = re.compile(
    r"\b(DROP (TABLE|COLUMN)|RENAME|SET NOT NULL)\b", re.IGNORECASE
)
# Every DDL statement records the lock timeout that it runs with.
RECORD_LOCK_TIMEOUT = """
CREATE TABLE recorded (lock_timeout text);
GRANT INSERT, SELECT ON recorded TO public;
CREATE FUNCTION record_lock_timeout() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO recorded VALUES (current_setting('lock_timeout'));
END $$;
CREATE EVENT TRIGGER record ON ddl_command_end
  EXECUTE FUNCTION record_lock_timeout();
"""


@pytest.fixture
def empty_database_url(servers: EmbeddedServers) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    quoted = sql.Identifier(name)
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER refeed").format(quoted))
        url = make_url(servers.endpoints.database_url).set(database=name)
        yield url.render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


def start_migrate(database_url: str) -> "subprocess.Popen[bytes]":
    return open_program(
        [sys.executable, "-m", "app.cli", "migrate"],
        cwd=ROOT,
        env={
            "REFEED_DATABASE_URL": database_url,
            "PATH": "",
            "COLUMNS": "1000",
            "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_of_three_concurrent_migrations_one_runs_and_all_succeed(
    empty_database_url: str,
):
    running = [start_migrate(empty_database_url) for _ in range(3)]
    said = [process.communicate(timeout=PATIENCE)[1].decode() for process in running]

    assert [process.returncode for process in running] == [0, 0, 0], said
    versions = query(empty_database_url, "SELECT version_num FROM alembic_version")
    assert versions == [(KNOWN[0],)]
    locks = query(
        empty_database_url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
    )
    assert locks == []


def test_migrating_an_unknown_revision_fails_with_a_hint(
    empty_database_url: str,
):
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('20261101_unreleased')")

    process = start_migrate(empty_database_url)
    said = b"".join(process.communicate(timeout=PATIENCE)).decode()

    assert process.returncode == 1
    assert "does not know the database revision `20261101_unreleased`" in said
    assert "start with a new database" in said
    assert "Traceback" not in said


def test_migrations_run_with_a_lock_timeout(
    servers: EmbeddedServers, empty_database_url: str
):
    name = make_url(empty_database_url).database
    with psycopg.connect(servers.superuser_url, dbname=name) as connection:
        connection.execute(RECORD_LOCK_TIMEOUT)

    migrate(empty_database_url)

    recorded = query(empty_database_url, "SELECT DISTINCT lock_timeout FROM recorded")
    assert recorded == [("5s",)]


def narrowed_by(source: str) -> list[str]:
    """What in a migration's `upgrade` the release before it would trip over."""
    upgrade = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    )
    calls = [
        node
        for node in ast.walk(upgrade)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    return [ast.unparse(call) for call in calls if _narrows(call)]


def _narrows(call: ast.Call) -> bool:
    """A column that the old code writes is gone, or one it does not know is due."""
    name = getattr(call.func, "attr", "")
    if name == "execute":
        return NARROWING_SQL.search(ast.unparse(call)) is not None
    if name in NARROWING:
        return True
    given = {k.arg: ast.unparse(k.value) for k in call.keywords}
    if name == "alter_column":
        return given.get("nullable") == "False" or "new_column_name" in given
    if name == "add_column":
        text = ast.unparse(call)
        return "nullable=False" in text and "server_default" not in text
    return False


@pytest.mark.parametrize(
    ("line", "narrows"),
    [
        ("op.add_column('a', sa.Column('b', sa.Text(), nullable=True))", False),
        (f"op.add_column('a', {DUE}, server_default=''))", False),
        ("op.create_index('i', 'a', ['b'])", False),
        (f"op.add_column('a', {DUE}))", True),
        ("op.alter_column('a', 'b', nullable=False)", True),
        ("op.alter_column('a', 'b', new_column_name='c')", True),
        ("op.drop_column('a', 'b')", True),
        ("op.drop_table('a')", True),
        ("op.execute('CREATE TABLE a (b text NOT NULL)')", False),
        ("op.execute('ALTER TABLE a DROP COLUMN b')", True),
        ("op.execute('ALTER TABLE a RENAME b TO c')", True),
        ("op.execute('ALTER TABLE a ALTER b SET NOT NULL')", True),
    ],
)
def test_incompatible_migrations_are_detected(line: str, narrows: bool):  # noqa: FBT001 - the row of a table
    assert bool(narrowed_by(f"def upgrade():\n    {line}\n")) is narrows


def test_no_migration_after_the_first_breaks_the_release_before():
    found = {path.name: narrowed_by(path.read_text()) for path in LATER}

    assert not any(found.values()), found
