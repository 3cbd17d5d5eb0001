"""The how-to of a switch-over, typed as it is written, against the real stack."""

import asyncio
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.settings import Settings
from tests.drift.live_seller import listing, put_on_sale
from tests.support.dying import run_program
from tests.support.patience import PATIENCE
from tests.support.serving import served
from tests.support.shop import EANS, Shop, fresh_token
from tests.support.stack import ADMIN_KEY, ROOT

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl"
)
PAGE = ROOT / "docs" / "how-to" / "switch-over.md"
ONLINE = [
    listing("IP12-64"),
    listing("IP12-128"),
    listing("IP13-128", price="300.00"),
    listing("IP13-256", grade="FAIR"),
    listing("S21-128"),
    {
        **listing("S21-256"),
        "markets": {"FR": {"price": "199.90"}, "DE": {"price": "209.90"}},
    },
    listing("OLD-1"),
    listing("CASE-1"),
]
CATALOG = {
    "IP12-64": ("199.90", 5, "good"),
    "IP12-128": ("189.90", 5, "good"),
    "IP13-128": ("30.00", 5, "good"),
    "IP13-256": ("199.90", 5, "good"),
    "S21-128": ("199.90", 0, "good"),
    "S21-256": ("199.90", 2, "good"),
    "PIX-7": ("299.00", 3, "as new"),
}
"""Price, stock and state by SKU."""


@pytest.fixture
async def seller(api: Any, worker: Any, sandbox_url: str) -> Shop:
    """A seller account that refeed does not know."""
    shop = Shop(api, sandbox_url, "", fresh_token(), f"owner-{uuid4()}")
    body = {"id": shop.account, "platform": "EU", "tokens": [shop.token]}
    await shop.sandbox("POST", "/accounts", json=body)
    await put_on_sale(shop, ONLINE)
    return shop


def catalog() -> str:
    lines = ["sku;ean;price;stock;state;category"]
    for ean, (sku, (price, stock, state)) in zip(EANS, CATALOG.items(), strict=False):
        lines.append(f"{sku};{ean};{price};{stock};{state};Phones")
    return "\n".join(lines)


def typed(folder: Path, **environment: str) -> str:
    """What the commands of the page print."""
    (folder / "catalog.csv").write_text(catalog())
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = run_program(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def lines_of(path: Path) -> Iterator[list[str]]:
    yield from (line.split(",") for line in path.read_text().splitlines()[1:])


async def test_the_commands_switch_a_shop_over_and_back(
    seller: Shop, settings: Settings, tmp_path: Path
) -> None:
    with served(settings) as (_, url):
        said = await asyncio.to_thread(
            typed,
            tmp_path,
            REFEED_URL=url,
            REFEED_KEY=ADMIN_KEY,
            TOKEN=seller.token,
            ENVIRONMENT="sandbox",
        )

    assert re.findall(r"^[a-z_]+$", said, re.MULTILINE) == [
        *("awaiting_mapping", "ready", "finished", "ready", "finished", "finished"),
        "done",
    ]
    for count in ("matched", "confirmed"):
        assert f'"{count}": 6' in said
    assert '"unmatched": 2' in said
    planned = {(line[0], line[1], line[3]) for line in lines_of(tmp_path / "plan.csv")}
    assert planned == {
        ("S21-128", "modified", "planned"),
        ("OLD-1", "disappeared", "planned"),
        ("IP12-128", "modified", "planned"),
        ("PIX-7", "new", "planned"),
        ("IP13-128", "modified", "held"),
        ("S21-256", "modified", "held"),
        ("IP13-256", "modified", "rejected"),
    }
    assert '"code": "other_market_protected"' in said
    assert await sent(seller) == {
        "S21-128": 1,
        "OLD-1": 1,
        "IP12-128": 1,
        "PIX-7": 1,
        "IP13-128": 1,
    }
    assert (await seller.listings())["CASE-1"]["quantity"] == 5
    before = {line[0]: line[8] for line in lines_of(tmp_path / "sent.csv")}
    assert before["IP12-128"] == "199.90"
    assert '"action": "deactivate"' in said


async def sent(shop: Shop) -> Counter[Any]:
    return Counter(line["sku"] for line in await shop.ledger())
