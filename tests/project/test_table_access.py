"""A table is read and written by its owner; others use its functions and views."""

from pathlib import Path

import pytest

from tests.project.table_access import (
    Access,
    Tables,
    accesses_in,
    foreign_accesses,
    tables_in,
)
from tests.support.stack import ROOT

EXCEPTIONS = {
    # Results of 10,000 changes, their live state and their refusals are one statement.
    # Two would copy all results into a temporary table for the second one.
    Access("publications", "writes", "offer", "publications/results/record.sql"),
    # Quick updates validate, store and apply in one statement: the rows that it locks
    # are the rows that it compared.
    Access("catalogs", "writes", "offer", "catalogs/quick_updates.sql"),
    # Up to a million listings may be missing: they do not travel through Python.
    Access("drift", "writes", "offer_check", "drift/missing_listings.sql"),
}


def test_tables_are_used_by_their_owners_only():
    app = ROOT / "app"

    assert foreign_accesses(app, tables_in(app)) == EXCEPTIONS


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [
        pytest.param(
            "a.sql", "UPDATE store SET x = 1", {("writes", "store")}, id="update"
        ),
        pytest.param(
            "a.sql", "SELECT 1 FROM t JOIN store AS s", {("reads", "store")}, id="join"
        ),
        pytest.param(
            "a.sql", "DELETE FROM store", {("writes", "store")}, id="delete is no read"
        ),
        pytest.param("a.sql", "SELECT 1 FROM store_view", set(), id="view"),
        pytest.param("a.sql", "-- FROM store\nSELECT 1", set(), id="comment"),
        pytest.param(
            "a.py", 'x = "INSERT INTO store"', {("writes", "store")}, id="SQL in Python"
        ),
        pytest.param(
            "a.py",
            "from app.stores.models import Store\nsession.get(Store, 1)",
            {("reads", "store")},
            id="loaded row",
        ),
        pytest.param(
            "a.py",
            "from app.stores.models import Store\ndef f(s: Store):\n  s.active = True",
            {("writes", "store")},
            id="changed row",
        ),
        pytest.param(
            "a.py",
            "from app.stores.models import Store\ndef f(s: Store):\n  return s.active",
            set(),
            id="attribute that is read",
        ),
        pytest.param(
            "a.py", "class Store: ...\nx = Store()", set(), id="another class"
        ),
    ],
)
def test_accesses_are_found(tmp_path: Path, name: str, source: str, found: set):
    path = tmp_path / name
    path.write_text(source)
    tables = Tables({"store": "stores"}, {"Store": "store"})

    accesses = {each for each in accesses_in(path, tables) if each[1] == "store"}
    assert accesses == found
