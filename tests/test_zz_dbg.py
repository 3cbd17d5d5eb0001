import asyncio, sys, faulthandler
from tests.support.stack import open_api, open_worker
from tests.support.shop import open_shop, row, as_csv
import pytest
@pytest.mark.parametrize("n", range(12))
async def test_dbg(settings, sandbox_url, n):
    async def dump():
        await asyncio.sleep(14)
        for t in asyncio.all_tasks():
            print("TASK", t.get_name(), t, file=sys.__stderr__)
            t.print_stack(file=sys.__stderr__)
    async with open_api(settings) as api:
        async with open_worker(settings) as crew:
            shop = await open_shop(api, sandbox_url)
            a = await shop.upload_bytes(as_csv([row("A1"), row("B2")]).replace(b";", b"\t"), "text/tab-separated-values")
            d = asyncio.create_task(dump())
    d.cancel()
