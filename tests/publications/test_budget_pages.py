"""Runs the code of the pages on quick updates and on the budget."""

import re

from app.settings import Settings
from tests.publications.watching import account, eventually
from tests.support.pages import run_page, the_text_in
from tests.support.serving import served
from tests.support.shop import Shop, row
from tests.support.stack import ADMIN_KEY, ROOT


def printed(page: str) -> list[str]:
    return the_text_in((ROOT / "docs" / page).read_text())


async def test_the_lines_on_quick_updates(shop: Shop, settings: Settings):
    page = "how-to/quick-updates.md"
    await shop.upload([row("IP12-64"), row("IP13-128")])
    await shop.publish()
    with served(settings) as (_, url):
        said = await run_page(
            page, REFEED_API=url, API_KEY=ADMIN_KEY, STORE_ID=shop.store_id
        )

    assert said == printed(page)

    async def arrived() -> bool:
        shown = await shop.listings()
        return (shown["IP12-64"]["quantity"], shown["IP13-128"]["price"]) == (
            0,
            "449.00",
        )

    await eventually(arrived)


async def test_the_lines_on_the_budget(shop: Shop, settings: Settings, sql):
    page = "reference/budget.md"
    await shop.upload([row(f"A{n}") for n in range(207)])
    await shop.publish()
    await sql("DELETE FROM line_spend")
    path = f"/v1/seller-accounts/{(await account(shop))['id']}"
    answer = await shop.api.patch(path, json={"lines_per_hour": 200})
    assert answer.status_code == 200
    lowered = [row(f"A{n}", quantity=1) for n in range(200)]
    cheaper = [row(f"A{n}", price="90.00") for n in range(200, 207)]
    await shop.upload(lowered + cheaper)
    await shop.publish()
    with served(settings) as (_, url):
        said = await run_page(page, REFEED_API=url, API_KEY=ADMIN_KEY)

    assert [_timeless(line) for line in said] == [_timeless(x) for x in printed(page)]


def _timeless(line: str) -> str:
    return re.sub(r"\d{4}-\S+Z", "then", line)
