"""Several releases' processes and one database: migrated once, and never narrowed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from app.embedded.servers import EmbeddedServers
from app.migrations import FOLDER, KNOWN
from tests.support.stack import ROOT, query

LATER = [
    path
    for path in (FOLDER / "versions").glob("*.py")
    if "down_revision = None" not in path.read_text()
]
DUE = "sa.Column('b', sa.Text(), nullable=False"
NARROWING = frozenset({"drop_column", "drop_table", "rename_table"})


@pytest.fixture
def empty_database_url(servers: EmbeddedServers) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    quoted = sql.Identifier(name)
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER refeed").format(quoted))
        url = make_url(servers.endpoints.database_url).set(database=name)
        yield url.render_as_string(hide_password=False)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


def test_three_that_migrate_at_once_all_succeed_and_one_does_it(
    empty_database_url: str,
):
    command = [sys.executable, "-m", "app.cli", "migrate"]
    environment = {"REFEED_DATABASE_URL": empty_database_url, "PATH": ""}
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[1].decode() for process in running]

    assert [process.returncode for process in running] == [0, 0, 0], said
    versions = query(empty_database_url, "SELECT version_num FROM alembic_version")
    assert versions == [(KNOWN[0],)]
    locks = query(
        empty_database_url, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"
    )
    assert locks == []


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
    ],
)
def test_what_the_release_before_would_trip_over_is_seen(line: str, narrows: bool):  # noqa: FBT001 - the row of a table
    assert bool(narrowed_by(f"def upgrade():\n    {line}\n")) is narrows


def test_no_migration_after_the_first_breaks_the_release_before():
    found = {path.name: narrowed_by(path.read_text()) for path in LATER}

    assert not any(found.values()), found
