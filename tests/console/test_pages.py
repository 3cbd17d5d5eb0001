"""What each response of the console has, whatever the page."""

import httpx
import pytest

from app.console.display.static_files import static_files, static_url
from app.main import create_app
from app.settings import Settings
from tests.console.person import Person

PAGES = ["/console/", "/console/sign-in", "/console/no-such-page", "/console/stores/x"]


@pytest.mark.parametrize("path", [*PAGES, static_url("console.js")])
async def test_every_response_has_the_policy(admin: Person, path: str):
    headers = (await admin.open(path)).headers

    policy = dict(
        p.split(" ", 1) for p in headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert {s for value in policy.values() for s in value.split()} == {
        *("'none'", "'self'", "data:")
    }
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_names_another_host_or_has_inline_code(admin: Person, path: str):
    page = await admin.open(path)

    assert page.headers["cache-control"] == "no-store"
    assert "//" not in page.text.replace("http://www.w3.org", "")
    for inline in ("<style", "style=", "onclick", "<script>"):
        assert inline not in page.text


async def test_an_unknown_page_says_so(admin: Person):
    page = await admin.open("/console/no-such-page")

    assert page.status_code == 404
    assert "There is no such page" in page.text


async def test_a_file_is_kept_under_the_hash_of_its_version(admin: Person):
    file = await admin.open(static_url("console.css"))
    known = await admin.open(
        static_url("console.css"), **{"If-None-Match": file.headers["etag"]}
    )
    older = await admin.open("/console/static/0123/console.css")

    assert "immutable" in file.headers["cache-control"]
    assert file.headers["content-type"].startswith("text/css")
    assert (known.status_code, known.content) == (304, b"")
    assert older.headers["cache-control"] == "no-store"
    assert older.content == file.content == static_files().contents["console.css"]


@pytest.mark.parametrize("name", ["no.css", "..%2F__init__.py", "__init__.py"])
async def test_no_other_file_is_served(admin: Person, name: str):
    assert (await admin.open(f"/console/static/x/{name}")).status_code == 404


async def test_an_operator_can_switch_the_console_off():
    app = create_app(Settings(console=False))
    transport = httpx.ASGITransport(app=app)

    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answers = [await client.get(path) for path in ("/console", *PAGES)]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "not_found")}
