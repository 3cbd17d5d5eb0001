"""Tables come from migrations, and say the same as the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app.database import sqlalchemy_url
from app.migrations import KNOWN, is_behind, migrate
from app.tables import METADATA
from tests.support.stack import query


def test_the_migrations_build_what_the_models_say(database_url: str):
    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    engine.dispose()

    assert found == []


def test_migrating_twice_changes_nothing(database_url: str):
    migrate(database_url)

    assert query(database_url, "SELECT version_num FROM alembic_version") == [
        (KNOWN[0],)
    ]


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
