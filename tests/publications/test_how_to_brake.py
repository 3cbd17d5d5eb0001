"""Runs the Python code of the brake's how-to page against the real stack."""

import asyncio
import os
import re
import sys

from app.settings import Settings
from tests.support.dying import run_program
from tests.support.serving import served
from tests.support.shop import open_shop, row
from tests.support.stack import ADMIN_KEY, ROOT

HOW_TO = ROOT / "docs" / "how-to" / "preview-and-approve.md"


async def test_the_lines_in_the_how_to_approve_and_reject(
    api, worker, sandbox_url, settings: Settings
):
    shop = await open_shop(api, sandbox_url, brake={})
    rows = [row(f"NEW-{n:02}") for n in range(10)]
    old = [row(f"OLD-{n:02}") for n in range(5)]
    more = [row(f"SUM-{n:02}") for n in range(10)]
    await shop.upload([*rows, *old, *more])
    await shop.publish()
    await shop.upload(rows)
    run = await shop.publish()
    (snippet,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    with served(settings) as (_, url):
        env = {
            **os.environ,
            "REFEED_URL": url,
            "REFEED_KEY": ADMIN_KEY,
            "PUBLICATION": run["id"],
        }
        done = await asyncio.to_thread(
            run_program,
            [sys.executable, "-c", snippet],
            env=env,
            capture_output=True,
            text=True,
        )

    assert done.returncode == 0, done.stderr
    decided, follow_up = done.stdout.split()
    assert decided == "5"
    await shop.wait_for(f"/v1/publications/{follow_up}", ("finished",))
    stock = {s: found["quantity"] for s, found in (await shop.listings()).items()}
    assert {sku for sku, quantity in stock.items() if not quantity} == {
        entry["sku"] for entry in old
    }
