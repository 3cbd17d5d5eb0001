"""A shop with alert channels, and the operator's mail server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.alerts.channels import Channels
from tests.alerts.mail_server import Mailbox, free_port, serving
from tests.support.databases import Databases
from tests.support.opened_shop import OpenedShop
from tests.support.shop import Shop
from tests.support.stack import settings_for


@pytest.fixture
def mailbox() -> Mailbox:
    """Of a server that does not run yet."""
    return Mailbox(free_port())


@pytest.fixture
def mail(mailbox: Mailbox) -> Iterator[Mailbox]:
    """Of a server that runs."""
    with serving(mailbox):
        yield mailbox


@pytest.fixture
def more_settings() -> dict[str, Any]:
    """Settings of a test's module."""
    return {}


@pytest.fixture
def settings(
    database_url: str,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path: Path,
    mailbox: Mailbox,
    more_settings: dict[str, Any],
) -> Settings:
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    values = {
        "smtp_url": SecretStr(mailbox.url),
        "smtp_starttls": "offered",
        "alert_digest": 0,
        "sweep_interval": 0.05,
    }
    more = values | more_settings
    return settings_for(database_url, redis_url, sandbox_url, tmp_path, **more)


@pytest.fixture
async def unattended_shop(
    opened_shop: OpenedShop,
    databases: Databases,
    api: httpx.AsyncClient,
    settings: Settings,
) -> Shop:
    """A shop without a worker."""
    return await opened_shop.insert(databases, api, settings)


@pytest.fixture
def channels(unattended_shop: Shop, mailbox: Mailbox, database_url: str) -> Channels:
    return Channels(unattended_shop, mailbox, database_url)
