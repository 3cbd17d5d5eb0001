"""The products that Back Market chose for the EANs of live listings."""

from tests.support.shop import COLUMNS, EANS, Shop, as_csv, row

WITH_PRODUCTS = (*COLUMNS, "product_id")
PRODUCTS_MAPPED = {"attributes": {name: {"column": name} for name in WITH_PRODUCTS}}


async def test_a_product_id_that_contradicts_a_live_listing_is_invalid(shop: Shop):
    await shop.upload([row("LIVE", ean=EANS[0])])
    await shop.publish()
    await shop.api.put(f"/v1/stores/{shop.store_id}/mapping", json=PRODUCTS_MAPPED)

    catalog = await shop.upload_bytes(
        as_csv(
            [
                row("LIVE", ean=EANS[0]),
                row("NEW", ean=EANS[0], grade="FAIR", product_id=1),
                row("OTHER", ean=EANS[1], product_id=2),
            ],
            WITH_PRODUCTS,
        )
    )

    assert catalog["problem_counts"] == {"product_id_mismatch": 1}
    assert (await shop.offers())["NEW"]["state"] == "invalid"
