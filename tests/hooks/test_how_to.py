"""The how-to's lines of Python, run as they stand there, against the real stack."""

from app.settings import Settings
from tests.hooks.sending import new_secret
from tests.support.how_to import run_how_to
from tests.support.serving import served
from tests.support.shop import Shop, row


async def test_the_lines_in_the_how_to_publish(shop: Shop, settings: Settings):
    await shop.upload([row("IP12-64")])
    secret = await new_secret(shop.api, shop.store_id)
    with served(settings) as (_, url):
        env = {
            "HOOK_URL": f"{url}/v1/hooks/stores/{shop.store_id}/publish",
            "HOOK_SECRET": secret,
        }
        printed = await run_how_to("publish-by-webhook", env)

    run = await shop.wait_for(printed.strip(), ("finished",))
    assert run["hook"]["skus"] == ["IP12-64"]
    assert set(await shop.listings()) == {"IP12-64"}
