"""Which pages may call the API from a browser, and what they may read."""

import json

import pytest

from app.settings import Settings, SettingsError, load_settings
from tests.support.stack import open_api

PAGE = "https://shop.example"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "PUT",
    "Access-Control-Request-Headers": "authorization,if-match,last-event-id",
}


def allowing(settings: Settings, *origins: str) -> Settings:
    return settings.model_copy(update={"cors_origins": list(origins)})


async def test_no_origin_is_allowed_by_default(settings: Settings):
    async with open_api(settings) as api:
        answer = await api.get("/v1/stores", headers={"Origin": PAGE})

    assert "access-control-allow-origin" not in answer.headers


async def test_an_allowed_origin_may_call_and_read_headers(settings: Settings):
    async with open_api(allowing(settings, PAGE)) as api:
        asked = await api.options("/v1/stores", headers=PREFLIGHT)
        answer = await api.get("/v1/stores", headers={"Origin": PAGE})
        refusal = await api.get("/v1/nothing", headers={"Origin": PAGE})

    assert asked.status_code == 200
    for each in (asked, answer, refusal):
        assert each.headers["access-control-allow-origin"] == PAGE
        assert "access-control-allow-credentials" not in each.headers
    exposed = {
        name.strip().lower()
        for name in answer.headers["access-control-expose-headers"].split(",")
    }
    assert {"etag", "location", "retry-after", "x-request-id", "link"} <= exposed


async def test_another_origin_is_refused(settings: Settings):
    async with open_api(allowing(settings, PAGE)) as api:
        other = {**PREFLIGHT, "Origin": "https://evil.example"}
        asked = await api.options("/v1/stores", headers=other)

    assert asked.status_code == 400
    assert "access-control-allow-origin" not in asked.headers


async def test_a_wildcard_origin_never_allows_credentials(settings: Settings):
    async with open_api(allowing(settings, "*")) as api:
        answer = await api.get(
            "/v1/stores", headers={"Origin": PAGE, "Cookie": "session=1"}
        )

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origins",
    [
        pytest.param(["*", PAGE], id="any, and one by name"),
        pytest.param([f"{PAGE}/"], id="a path"),
        pytest.param(["shop.example"], id="no scheme"),
        pytest.param(["https://user:password@shop.example"], id="credentials"),
        pytest.param(["https://*.example"], id="a pattern"),
    ],
)
def test_an_invalid_origin_prevents_the_start(
    origins: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REFEED_CORS_ORIGINS", json.dumps(origins))

    with pytest.raises(SettingsError, match="REFEED_CORS_ORIGINS"):
        load_settings()
