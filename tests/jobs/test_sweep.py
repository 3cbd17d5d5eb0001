"""The sweep of an idle worker is one statement."""

from sqlalchemy import event

from tests.support.shop import Shop
from workers.main import open_context
from workers.sweep import request_due_work


async def test_a_sweep_that_finds_nothing_due_is_one_statement(shop: Shop, settings):
    await shop.publish()
    statements: list[str] = []
    async with open_context(settings) as (context, _):
        await request_due_work(context)  # schedules what has no time yet
        event.listen(
            context.database.engine.sync_engine,
            "before_cursor_execute",
            lambda _c, _k, statement, *_: statements.append(statement),
        )

        has_suspects = await request_due_work(context)

    assert not has_suspects
    assert len(statements) == 1
