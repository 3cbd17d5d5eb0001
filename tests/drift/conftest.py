"""Fixtures of the publication tests, and a seller who sells at Back Market already."""

from typing import Any

import pytest

from tests.publications.conftest import skip_pauses, sql
from tests.support.shop import Shop, open_shop

__all__ = ["skip_pauses", "sql"]


@pytest.fixture
async def seller(api: Any, worker: Any, sandbox_url: str) -> Shop:
    """A store that was connected just now, with an account that sells already."""
    return await open_shop(api, sandbox_url, imported=False)
