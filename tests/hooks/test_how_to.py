"""The how-to's lines of Python, run as they are, against the real stack."""

from app.settings import Settings
from tests.hooks.sending import new_secret
from tests.support.pages import run_page
from tests.support.serving import served
from tests.support.shop import Shop, row


async def test_the_lines_in_the_how_to_publish(shop: Shop, settings: Settings):
    await shop.upload([row("IP12-64")])
    secret = await new_secret(shop.api, shop.store_id)
    with served(settings) as (_, url):
        (location,) = await run_page(
            "how-to/publish-by-webhook.md",
            HOOK_URL=f"{url}/v1/hooks/stores/{shop.store_id}/publish",
            HOOK_SECRET=secret,
        )

    run = await shop.wait_for(location, ("finished",))
    assert run["hook"]["skus"] == ["IP12-64"]
    assert set(await shop.listings()) == {"IP12-64"}
