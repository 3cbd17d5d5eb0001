"""The results of a batch are written in as many steps as it has lines.

Statistics of yesterday know nothing of today's run: PostgreSQL takes it for one line
then, and compared every line with every result.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.database import open_engine
from app.publications.enums import Outcome
from app.publications.results.record import ChangeResult, record_results
from tests.support.stack import query

LINES = 400
PLACE = re.compile(r"%\((\w+)\)s")
RUNS = 10
OFFERS = """
INSERT INTO offer (store_id, sku_key, sku, desired_state, price)
SELECT %s, 's' || n, 'S' || n, 'active', 9 FROM generate_series(1, %s) AS n
"""
CHANGES = """
INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, before, after,
                    outcome)
SELECT %s, n, 's' || n, 'S' || n, 'modified', 1, '{}', '{"price": "9.00"}', %s
  FROM generate_series(1, %s) AS n
"""
KNOWN = """
SELECT tablename, attname FROM pg_stats
 WHERE (tablename, attname) IN (('offer', 'store_id'), ('change', 'publication_id'))
"""


TARGETS = {"as it is": 0, "with statistics": 100}


def after_yesterday(database_url: str, target: int) -> tuple[UUID, UUID]:
    """A store and a run that came after the last look at the tables."""
    how = f"ALTER TABLE change ALTER publication_id SET STATISTICS {target}"
    query(database_url, how)
    for _ in range(RUNS):
        query(database_url, OFFERS, uuid4(), LINES)
        query(database_url, CHANGES, uuid4(), "accepted", LINES)
    query(database_url, "ANALYZE offer, change")
    store_id, publication_id = uuid4(), uuid4()
    query(database_url, OFFERS, store_id, LINES)
    query(database_url, CHANGES, publication_id, "planned", LINES)
    return store_id, publication_id


async def settled(
    database_url: str, store_id: UUID, publication_id: UUID
) -> dict[str, Any]:
    """Accept every line; how PostgreSQL goes about it that knows no values yet.

    So it does with a statement that a connection has sent often.
    """
    statement, values = await asked(database_url, store_id, publication_id)
    names = list(dict.fromkeys(PLACE.findall(statement)))
    numbered = PLACE.sub(lambda m: f"${names.index(m[1]) + 1}", statement)
    with psycopg.connect(database_url, cursor_factory=psycopg.ClientCursor) as db:
        db.execute("SET plan_cache_mode = force_generic_plan")
        db.execute(f"PREPARE it AS {numbered.replace('%%', '%')}".encode())
        places = ", ".join(["%s"] * len(names))
        explain = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE it ({places})"
        cursor = db.execute(explain.encode(), [values[name] for name in names])
        ((found,),) = cursor.fetchall()
    plan: dict[str, Any] = found[0]["Plan"]
    return plan


async def asked(
    database_url: str, store_id: UUID, publication_id: UUID
) -> tuple[str, dict[str, Any]]:
    """The statement that settles, and its values; what it did is taken back."""
    seen: list[tuple[str, dict[str, Any]]] = []
    engine = open_engine(database_url)

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def note(
        _c: Any, _cursor: Any, statement: str, values: dict[str, Any], *_more: Any
    ) -> None:
        if "WITH result AS" in statement:
            seen.append((statement, values))

    results = [ChangeResult(n + 1, Outcome.ACCEPTED) for n in range(LINES)]
    async with async_sessionmaker(engine)() as session:
        await record_results(session, publication_id, store_id, [], results)
        await session.rollback()
    await engine.dispose()
    (found,) = seen
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def rows_seen(plan: dict[str, Any]) -> float:
    """Of all steps together, those thrown away included."""
    return sum(
        node["Actual Loops"]
        * (
            node["Actual Rows"]
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Join Filter", 0)
        )
        for node in nodes(plan)
    )


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
async def test_the_cost_of_recording_is_linear_in_lines(database_url: str, target: int):
    store_id, publication_id = after_yesterday(database_url, target)

    plan = await settled(database_url, store_id, publication_id)

    assert rows_seen(plan) < 50 * LINES
    assert query(
        database_url,
        "SELECT outcome, count(*) FROM change WHERE publication_id = %s GROUP BY 1",
        publication_id,
    ) == [("accepted", LINES)]
    assert query(
        database_url,
        "SELECT listed, count(*) FROM offer WHERE store_id = %s GROUP BY 1",
        store_id,
    ) == [(True, LINES)]


def test_keys_of_new_stores_and_runs_have_no_statistics(
    database_url: str,
):
    query(database_url, OFFERS, uuid4(), LINES)
    query(database_url, CHANGES, uuid4(), "accepted", LINES)
    query(database_url, "ANALYZE offer, change")

    assert query(database_url, KNOWN) == []
