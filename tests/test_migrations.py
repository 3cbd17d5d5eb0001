"""Migrations build the tables that the models describe."""

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app.database import sqlalchemy_url
from app.migrations import KNOWN, is_behind, migrate
from app.offers.models import DIRTY
from app.tables import METADATA
from tests.support.stack import query

WITHOUT_STATISTICS = {
    "change",
    "hold",
    "hold_decision",
    "listing_decision",
    "listing_snapshot",
    "offer",
    "offer_check",
    "offer_title",
    "submitted_product",
    "quick_update",
}


def test_migrations_match_the_models(database_url: str):
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True}
        )
        found = compare_metadata(context, METADATA)
    engine.dispose()

    assert found == []


def test_an_offer_is_dirty_when_the_model_says(database_url: str):
    """Computed columns are not part of Alembic's comparison."""
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TEMP TABLE model (LIKE offer)")
        connection.execute(
            "ALTER TABLE model ADD computed boolean "
            f"GENERATED ALWAYS AS ({DIRTY}) STORED"
        )
        found = connection.execute(
            "SELECT pg_get_expr(adbin, adrelid) FROM pg_attribute "
            "JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
            "WHERE attrelid IN ('model'::regclass, 'offer'::regclass) "
            "AND attgenerated = 's'"
        ).fetchall()

    assert len(found) == 2
    assert found[0] == found[1]


def test_migrating_twice_changes_nothing(database_url: str):
    migrate(database_url)

    assert query(database_url, "SELECT version_num FROM alembic_version") == [
        (KNOWN[0],)
    ]


def test_the_planner_keeps_no_statistics_of_stores_and_runs(database_url: str):
    """Otherwise a new store or run counts as one row (decision 22)."""
    columns = query(
        database_url,
        "SELECT relname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid "
        "WHERE attstattarget = 0 AND attnum > 0 AND relkind = 'r' "
        "AND attname IN ('store_id', 'publication_id')",
    )

    assert {table for (table,) in columns} == WITHOUT_STATISTICS


@pytest.mark.parametrize(
    ("version", "behind"),
    [
        pytest.param(None, True, id="no tables yet"),
        pytest.param(KNOWN[0], False, id="up to date"),
        pytest.param("29991231_later", False, id="a newer release migrated already"),
    ],
)
def test_only_missing_migrations_make_a_process_unready(version, behind):
    assert is_behind(version) is behind
