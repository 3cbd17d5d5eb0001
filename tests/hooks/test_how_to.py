"""The how-to's lines of Python, run as they stand there, against the real stack."""

import asyncio
import os
import re
import subprocess
import sys
import textwrap

from app.settings import Settings
from tests.hooks.sending import new_secret
from tests.support.serving import served
from tests.support.shop import Shop, row
from tests.support.stack import ROOT

HOW_TO = ROOT / "docs" / "how-to" / "publish-by-webhook.md"


def the_python_in(text: str) -> str:
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return textwrap.dedent(f"   {snippet.lstrip()}")


async def test_the_lines_in_the_how_to_publish(shop: Shop, settings: Settings):
    await shop.upload([row("IP12-64")])
    secret = await new_secret(shop.api, shop.store_id)
    with served(settings) as (_, url):
        env = {
            **os.environ,
            "HOOK_URL": f"{url}/v1/hooks/stores/{shop.store_id}/publish",
            "HOOK_SECRET": secret,
        }
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", the_python_in(HOW_TO.read_text())],
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    run = await shop.wait_for(done.stdout.strip(), ("finished",))
    assert run["hook"]["skus"] == ["IP12-64"]
    assert set(await shop.listings()) == {"IP12-64"}
