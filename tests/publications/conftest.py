"""Time and tables in the tester's hands: nobody waits for an hour to pass."""

from collections.abc import Callable
from typing import Any

import pytest

from app.settings import Settings
from tests.support.stack import query

Sql = Callable[..., list[Any]]


@pytest.fixture
def tables(settings: Settings) -> Sql:
    """One statement against the service's database."""

    def run(statement: str, *values: object) -> list[Any]:
        assert settings.database_url
        return query(settings.database_url.get_secret_value(), statement, *values)

    return run


@pytest.fixture
def skip_pauses(tables: Sql) -> Callable[[], None]:
    """Whatever waits is due now, and no lost batch can be under way any more."""

    def run() -> None:
        tables("UPDATE seller_account SET paused_until = NULL")
        tables(
            "UPDATE dispatch SET sent_at = sent_at - interval '10 minutes' "
            "WHERE state IN ('sending', 'uncertain') "
            "AND sent_at > now() - interval '5 minutes'"
        )
        tables(
            "UPDATE job SET run_after = now(), woken_at = NULL "
            "WHERE state = 'queued' AND run_after > now()"
        )

    return run


@pytest.fixture
def hour_passes(tables: Sql) -> Callable[[], None]:
    """The lines that were spent are free again, and what waited for them is due."""

    def run() -> None:
        tables("UPDATE line_spend SET at = at - interval '61 minutes'")
        tables("UPDATE publication SET not_before = now() WHERE state = 'requested'")
        tables(
            "UPDATE job SET run_after = now(), woken_at = NULL WHERE state = 'queued'"
        )

    return run
