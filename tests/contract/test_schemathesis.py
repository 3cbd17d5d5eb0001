"""The API answers generated requests as openapi.json says.

The same few requests for each operation each time; `make fuzz-api` sends more.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import asdict

import pytest

from app.settings import Settings
from tests.contract.seeds import seeded
from tests.support.serving import served
from tests.support.shop import Shop
from tests.support.stack import ADMIN_KEY

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))


def all_differences(url: str, ids: Mapping[str, str]) -> list[str]:
    from tests.contract.generated import differences, operations  # noqa: PLC0415

    return [
        difference
        for operation in operations()
        for difference in differences(operation, url, ADMIN_KEY, ids, EXAMPLES)
    ]


@pytest.mark.long
@pytest.mark.timeout(900)  # a thousand requests
async def test_generated_requests_are_answered_as_documented(
    shop: Shop, settings: Settings
):
    seeds = await seeded(shop)
    unlimited = {"requests_per_minute": 0, "failed_logins_per_minute": 1_000_000}

    with served(settings.model_copy(update=unlimited)) as (_, url):
        found = await asyncio.to_thread(all_differences, url, asdict(seeds))

    assert not found, "\n\n".join(found)
