"""A production store needs a contact address for Back Market."""

import httpx
import pytest

from app.backmarket.transport import open_http
from app.settings import Settings, SettingsError, load_settings
from tests.support.shop import open_shop


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"contact": None})


async def test_a_production_store_needs_a_contact(
    api: httpx.AsyncClient, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, environment="production", active=False)
    path = f"/v1/stores/{shop.store_id}"

    lights = (await api.get(f"{path}/lights")).json()
    refused = await api.put(f"{path}/activation")

    codes = [reason["code"] for reason in lights["api_settings"]["reasons"]]
    assert codes == ["no_contact"]
    assert (refused.status_code, refused.json()["code"]) == (409, "lights_red")
    assert "no_contact" in [error["code"] for error in refused.json()["errors"]]


async def test_a_store_of_the_sandbox_needs_none(
    api: httpx.AsyncClient, sandbox_url: str
):
    await open_shop(api, sandbox_url, environment="sandbox", active=True)


@pytest.mark.parametrize("contact", ["", "nobody", "a@b", "x y@z.org", "@z.org"])
def test_a_contact_is_an_address(contact: str):
    with pytest.raises(SettingsError, match="CONTACT"):
        load_settings(contact=contact)


@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        ("it@acme.example", "BM-acme-refeed;it@acme.example"),
        (None, "BM-acme-refeed;no-contact@refeed.invalid"),
    ],
)
async def test_the_user_agent_names_the_contact(contact: str | None, agent: str):
    async with open_http(load_settings(company="acme", contact=contact)) as http:
        assert http.headers["User-Agent"] == agent
