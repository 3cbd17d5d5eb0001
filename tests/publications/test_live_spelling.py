"""What is sent names a listing as the listing itself spells its SKU."""

import unicodedata
from dataclasses import dataclass

import pytest

from app.backmarket.wire.listings import Listing
from app.publications.results.readback import accepted, other_spellings
from app.publications.results.submissions import SubmissionLine
from tests.drift.drift_shop import run_drift_check
from tests.support.shop import EANS, Shop, row

COMPOSED = [f"É-{number}" for number in range(25)]
"""Too many for single updates, which name a listing by its id."""
DECOMPOSED = [unicodedata.normalize("NFD", sku) for sku in COMPOSED]


@dataclass(frozen=True)
class Seller:
    """The merchant at work in the back office of Back Market."""

    shop: Shop

    @property
    def path(self) -> str:
        return f"/accounts/{self.shop.account}/listings"

    async def list_decomposed(self, market: str) -> None:
        markets = {market: {"price": "100.00"}}
        listed = [{"sku": s, "quantity": 5, "markets": markets} for s in DECOMPOSED]
        await self.shop.sandbox("POST", self.path, json={"listings": listed})

    async def remove_composed(self) -> None:
        for sku in COMPOSED:
            await self.shop.sandbox("DELETE", f"{self.path}/{sku}")

    async def prices(self) -> dict[str, str]:
        return {
            sku: each["price"] for sku, each in (await self.shop.listings()).items()
        }


def at(price: str) -> dict[str, str]:
    return dict.fromkeys(DECOMPOSED, price)


@pytest.mark.parametrize("market", ["FR", "DE"])
async def test_a_listing_that_appears_after_the_import_keeps_its_spelling(
    shop: Shop, market: str
):
    """Also where it has no price in the market of the store."""
    seller = Seller(shop)
    await shop.upload([row(sku, price="150.00") for sku in COMPOSED])
    await seller.list_decomposed(market)
    await run_drift_check(shop)

    await shop.publish()

    assert await seller.prices() == at("150.00")


async def test_a_listing_that_the_seller_renamed_keeps_its_new_spelling(shop: Shop):
    seller = Seller(shop)
    await shop.upload([row(sku, price="100.00") for sku in COMPOSED])
    await shop.publish()
    await seller.remove_composed()
    await seller.list_decomposed("FR")
    await run_drift_check(shop)
    await shop.upload([row(sku, price="150.00") for sku in COMPOSED])

    await shop.publish()

    assert await seller.prices() == at("150.00")


async def test_listings_that_a_failed_task_leads_to_keep_their_spelling(shop: Shop):
    seller = Seller(shop)
    await shop.upload([row(sku, price="150.00") for sku in COMPOSED])
    await seller.list_decomposed("DE")
    await shop.fault("failed_task", count=1, message="no")
    failed = await shop.publish()

    await shop.publish()

    assert failed["counts"]["by_outcome"] == {"rejected": 25}
    assert await seller.prices() == at("150.00")


async def test_a_listing_keeps_the_spelling_under_which_it_was_created(shop: Shop):
    await shop.upload([row(sku, ean=EANS[0], price="100.00") for sku in COMPOSED])
    await shop.publish()
    await shop.upload([row(sku, ean=EANS[0], price="150.00") for sku in DECOMPOSED])

    await shop.publish()

    assert await Seller(shop).prices() == dict.fromkeys(COMPOSED, "150.00")


@pytest.mark.parametrize(
    ("listed", "recorded"),
    [
        pytest.param(DECOMPOSED[0], [DECOMPOSED[0]], id="decomposed"),
        pytest.param("é-0", ["é-0"], id="in another case"),
        pytest.param(COMPOSED[0], [], id="as it was sent"),
        pytest.param(COMPOSED[1], [], id="another SKU"),
        pytest.param(None, [], id="not known"),
    ],
)
def test_the_spelling_of_a_listing_is_recorded_if_it_is_the_same_sku(
    listed: str | None, recorded: list[str]
):
    line = SubmissionLine(1, COMPOSED[0], {}, {"quantity": 1}, None)
    listing = Listing(id="x", sku=listed, quantity=1)

    assert other_spellings([line], {1: listing}) == recorded
    assert other_spellings([line], {}) == []
    same = listed == COMPOSED[0]
    assert accepted(line, listing).live_sku == (listed if recorded or same else None)
