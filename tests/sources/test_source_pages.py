"""The how-to's lines of Python, run as they are, against the real stack."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from tests.sources.merchant import Merchant, ReceivedRequest, reply
from tests.support.pages import run_page
from tests.support.serving import served
from tests.support.shop import Shop, as_csv, row
from tests.support.stack import ADMIN_KEY, ROOT

FORMATS = ROOT / "docs" / "reference" / "catalog-formats.md"
HOW_TO = ROOT / "docs" / "how-to" / "catalog-sources.md"


async def test_the_lines_in_the_how_to_pull_a_catalog(
    shop: Shop,
    merchant: Merchant,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
):
    def guarded(asked: ReceivedRequest) -> list[Any]:
        known = base64.b64encode(b"refeed:a password").decode()
        if asked.headers.get("authorization") != f"Basic {known}":
            return [reply(b"", "401 Unauthorized")]
        return [reply(as_csv([row("IP12-64")]), content_type="text/csv")]

    merchant.answers["/stock.csv"] = guarded
    monkeypatch.setenv("REFEED_SOURCE_ALLOW", '["127.0.0.1"]')
    monkeypatch.setenv("REFEED_SOURCE_PORTS", f"[{merchant.port}]")
    with served(settings) as (_, url):
        (printed,) = await run_page(
            "how-to/catalog-sources.md",
            REFEED_URL=url,
            REFEED_KEY=ADMIN_KEY,
            STORE_ID=shop.store_id,
            FEED_URL=merchant.url(),
            FEED_PASSWORD="a password",
        )

    outcome, catalog_id = printed.split()
    assert outcome == "pulled"
    await shop.wait_for(f"/v1/catalogs/{catalog_id}", ("ready",))
    assert set(await shop.offers()) == {"IP12-64"}


def codes_in(folder: str, error: str) -> set[str]:
    """The codes that the source text raises."""
    texts = (path.read_text() for path in (ROOT / folder).rglob("*.py"))
    raised = re.compile(rf'{error}\(\s*"(\w+)"')
    return {code for text in texts for code in raised.findall(text)}


@pytest.mark.parametrize(
    ("page", "folder", "error"),
    [
        (HOW_TO, "app/sources", "PullError"),
        (FORMATS, "app/catalogs/engine", "CatalogRejectedError"),
    ],
)
def test_every_code_is_explained(page: Path, folder: str, error: str):
    codes = codes_in(folder, error)

    assert len(codes) > 5
    assert {code for code in codes if f"`{code}`" not in page.read_text()} == set()
