"""The how-to's lines of Python, run as they are, against the real stack."""

from app.settings import Settings
from tests.support.pages import run_page
from tests.support.serving import served
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import ADMIN_KEY


async def test_the_lines_in_the_how_to_leave_a_country(shop: Shop, settings: Settings):
    german = await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)
    for each, rows in ((shop, [row("A"), row("OWN")]), (german, [row("A")])):
        await each.upload(rows)
        await each.publish()
    with served(settings) as (_, url):
        printed = await run_page(
            "how-to/leave-a-country.md",
            REFEED_URL=url,
            REFEED_KEY=ADMIN_KEY,
            STORE=shop.store_id,
        )

    assert printed == ["done 1", "A sold_by_sibling DE"]
