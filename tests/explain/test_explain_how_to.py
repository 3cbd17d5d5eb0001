"""The how-to's lines of Python, run as they are, against the real stack."""

import re

from app.explain.facts import OfferState
from app.publications.error_classes import ErrorClass
from app.settings import Settings
from tests.support.pages import run_page, the_text_in
from tests.support.serving import served
from tests.support.shop import Shop, row
from tests.support.stack import ADMIN_KEY, ROOT

NAME = "why-is-it-not-online"


async def test_the_lines_in_the_how_to_explain(shop: Shop, settings: Settings):
    await shop.fault("rejected_row", sku="IP12-64", message="price too low")
    await shop.upload([row("IP12-64", price="1.00")])
    await shop.publish()
    with served(settings) as (_, url):
        printed = await run_page(
            f"how-to/{NAME}.md",
            REFEED_STORE_URL=f"{url}/v1/stores/{shop.store_id}",
            REFEED_KEY=ADMIN_KEY,
            SKU="IP12-64",
        )

    shown = [*printed[:3], *(line.partition(" ")[2] for line in printed[3:])]
    page = the_text_in((ROOT / "docs" / "how-to" / f"{NAME}.md").read_text())
    assert [_without_numbers(line) for line in shown] == [
        _without_numbers(line) for line in page
    ]


def _without_numbers(line: str) -> str:
    return re.sub(r"(task is|ean) \d+", r"\1 1", line)


def test_the_how_to_names_every_state_and_every_class():
    text = (ROOT / "docs" / "how-to" / f"{NAME}.md").read_text()

    for word in (*OfferState, *ErrorClass):
        assert f"\n| `{word}` |" in text
