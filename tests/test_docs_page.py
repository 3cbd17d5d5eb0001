"""`/docs` works without internet: everything comes from the API itself."""

import re

import httpx
import pytest

from app.main import create_app
from app.settings import Settings

ASSETS = {
    "docs/favicon-32x32.png": "image/png",
    "docs/swagger-ui.css": "text/css",
    "docs/swagger-ui-bundle.js": "text/javascript",
    "docs/start.js": "text/javascript",
}


async def test_the_page_names_no_other_host(api: httpx.AsyncClient):
    page = await api.get("/docs")
    start = await api.get("/docs/start.js")

    assert page.status_code == start.status_code == 200
    assert "//" not in page.text + start.text
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page.text)) == set(ASSETS)
    assert re.findall(r'url: "([^"]+)"', start.text) == ["openapi.json"]


@pytest.mark.parametrize(("path", "kind"), ASSETS.items(), ids=ASSETS.keys())
async def test_an_asset_of_the_page_is_served(
    api: httpx.AsyncClient, path: str, kind: str
):
    asset = await api.get(f"/{path}")

    assert asset.status_code == 200
    assert asset.headers["content-type"].partition(";")[0] == kind
    assert asset.content


@pytest.mark.parametrize("path", ["/docs/__init__.py", "/docs/no.js", "/redoc"])
async def test_nothing_else_is_served(api: httpx.AsyncClient, path: str):
    assert (await api.get(path)).status_code == 404


async def test_the_policy_allows_only_the_api_itself(api: httpx.AsyncClient):
    policy = (await api.get("/docs")).headers["content-security-policy"]

    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    sources = {s for value in directives.values() for s in value.split()}
    assert sources == {"'none'", "'self'", "data:"}
    assert "data:" not in directives["script-src"]


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", *(f"/{a}" for a in ASSETS)])
async def test_an_operator_can_switch_it_off(path: str):
    app = create_app(Settings(api_docs=False))
    transport = httpx.ASGITransport(app=app)

    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
