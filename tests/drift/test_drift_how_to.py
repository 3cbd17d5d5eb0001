"""The how-to's lines of Python, run as they are, against the real stack."""

from app.settings import Settings
from tests.drift.drift_shop import edit
from tests.support.pages import run_page
from tests.support.serving import served
from tests.support.shop import Shop, row
from tests.support.stack import ADMIN_KEY


async def test_the_lines_in_the_how_to_list_drift(shop: Shop, settings: Settings):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await edit(shop, "A", FR={"price": "150.00"})

    with served(settings) as (_, url):
        printed = await run_page(
            "how-to/drift.md",
            REFEED_URL=url,
            STORE_ID=shop.store_id,
            REFEED_KEY=ADMIN_KEY,
        )

    assert printed == ["A price 199.90 150.00 sent_again"]
