"""Endpoints over the API: whose they are, what their URL may be, what is shown."""

from typing import Any

import httpx
import pytest

from app.core.columns import new_id
from app.webhook_endpoints.service import MOST_ENDPOINTS
from tests.access.issuing import issue
from tests.support.shop import fresh_token
from tests.support.stack import query
from tests.webhook_endpoints.consumer import Consumer

PATH = "/v1/webhook-endpoints"


class Key:
    """Requests with one API key."""

    def __init__(self, api: httpx.AsyncClient, key: str) -> None:
        self.api, self.headers = api, {"Authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str = "", **more: Any) -> httpx.Response:
        headers = self.headers | more.pop("headers", {})
        return await self.api.request(method, PATH + path, headers=headers, **more)


async def a_store(api: httpx.AsyncClient, token: str | None = None, **more: str) -> Any:
    body = {"name": "A", "country": "FR"} | more
    store = (await api.post("/v1/stores", json=body)).json()["id"]
    settings = {"environment": "sandbox", "token": token or fresh_token()}
    path = f"/v1/stores/{store}/settings"
    answer = await api.put(path, json=settings)
    return store, answer.json()["seller_account_id"]


async def key_of(api: httpx.AsyncClient, *stores: str, scope: str = "write") -> Key:
    return Key(api, await issue(api, scope=scope, store_ids=list(stores)))


@pytest.fixture
def url(consumer: Consumer) -> str:
    return consumer.url()


async def test_a_secret_is_shown_only_once(api: httpx.AsyncClient, url: str):
    made = await api.post(PATH, json={"url": url})
    shown = await api.get(made.headers["Location"])
    listed = await api.get(PATH)

    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in shown.json()
    assert listed.json()["items"] == [shown.json()]
    assert made.json() == shown.json() | {"secret": made.json()["secret"]}


async def test_a_secret_is_stored_encrypted(
    api: httpx.AsyncClient, url: str, database_url: str
):
    secret = (await api.post(PATH, json={"url": url})).json()["secret"]

    ((cipher,),) = query(database_url, "SELECT cipher FROM webhook_endpoint_secret")
    assert secret.encode() not in cipher


URLS = {
    "http://shop.example:443/events": "scheme_refused",
    "ftp://shop.example/events": "scheme_refused",
    "https://shop.example:22/events": "port_refused",
    "https://user:password@shop.example/": "credentials_in_url",
    "https://169.254.169.254/latest": "address_refused",
    "https://10.0.0.1/": "address_refused",
    "https://[::1]/": "address_refused",
    "https://2130706434/x y": "bad_url",
    "https://": "bad_url",
}


@pytest.mark.parametrize(("address", "code"), URLS.items(), ids=URLS.keys())
async def test_a_url_must_be_public_and_https(
    api: httpx.AsyncClient, url: str, address: str, code: str
):
    made = await api.post(PATH, json={"url": address})
    endpoint = (await api.post(PATH, json={"url": url})).json()
    changed = await api.patch(f"{PATH}/{endpoint['id']}", json={"url": address})

    for answer in (made, changed):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("url", code)
        assert error["accepted"]
    assert "user:password@" not in made.text + changed.text


async def test_a_key_of_a_store_gets_events_of_that_store_only(
    api: httpx.AsyncClient, url: str
):
    token = fresh_token()
    mine, account = await a_store(api, token)
    sibling, _ = await a_store(api, token, country="DE")
    key = await key_of(api, mine)

    async def status(**owner: Any) -> tuple[int, str | None]:
        answer = await key.ask("POST", json={"url": url, **owner})
        return answer.status_code, answer.json().get("code")

    assert await status(store_ids=[mine]) == (201, None)
    assert await status(store_ids=[mine, sibling]) == (404, "not_found")
    assert await status(store_ids=[str(new_id())]) == (404, "not_found")
    assert await status(seller_account_id=account) == (403, "account_wide")
    assert await status(seller_account_id=str(new_id())) == (404, "not_found")
    assert await status() == (403, "account_wide")
    both = await key_of(api, mine, sibling)
    answer = await both.ask("POST", json={"url": url, "seller_account_id": account})
    assert answer.status_code == 201


async def test_a_key_sees_endpoints_of_which_it_covers_every_store(
    api: httpx.AsyncClient, url: str
):
    token = fresh_token()
    mine, account = await a_store(api, token)
    sibling, _ = await a_store(api, token, country="DE")
    owners: dict[str, dict[str, Any]] = {
        "mine": {"store_ids": [mine]},
        "both": {"store_ids": [mine, sibling]},
        "account": {"seller_account_id": account},
        "all": {},
    }
    made = {}
    for name, owner in owners.items():
        answer = await api.post(PATH, json={"url": url, **owner})
        made[answer.json()["id"]] = name

    async def seen(key: Key) -> set[str]:
        items = (await key.ask("GET")).json()["items"]
        each = {made[item["id"]] for item in items}
        for endpoint, name in made.items():
            for method, tail in (("GET", ""), ("PATCH", ""), ("POST", "/test")):
                body = {"json": {}} if method == "PATCH" else {}
                answer = await key.ask(method, f"/{endpoint}{tail}", **body)
                assert (answer.status_code == 404) == (name not in each)
        return each

    assert await seen(await key_of(api, mine)) == {"mine"}
    assert await seen(await key_of(api, mine, sibling)) == {"mine", "both", "account"}
    assert await seen(await key_of(api)) == set()
    assert await seen(Key(api, await issue(api, scope="write"))) == set(made.values())


async def test_a_read_key_changes_nothing(api: httpx.AsyncClient, url: str):
    store, _ = await a_store(api)
    endpoint = (await api.post(PATH, json={"url": url, "store_ids": [store]})).json()
    key = await key_of(api, store, scope="read")

    for method, tail in (
        ("PATCH", ""),
        ("DELETE", ""),
        *(("POST", tail) for tail in ("/secret", "/test", "/replay")),
    ):
        body = {"json": {}} if method == "PATCH" else {}
        if tail == "/replay":
            body = {"json": {"event_id": str(new_id())}}
        answer = await key.ask(method, f"/{endpoint['id']}{tail}", **body)
        assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
    assert (await key.ask("GET", f"/{endpoint['id']}")).status_code == 200


async def test_a_change_is_based_on_a_version(api: httpx.AsyncClient, url: str):
    made = await api.post(PATH, json={"url": url})
    path, tag = made.headers["Location"], made.headers["ETag"]

    first = await api.patch(
        path, json={"description": "ERP"}, headers={"If-Match": tag}
    )
    second = await api.patch(path, json={"enabled": False}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["current"] == first.headers["ETag"] != tag


async def test_a_patch_changes_what_it_names(api: httpx.AsyncClient, url: str):
    made = await api.post(
        PATH, json={"url": url, "events": ["order.created"], "description": "ERP"}
    )
    path = made.headers["Location"]

    off = (await api.patch(path, json={"enabled": False})).json()
    every = (await api.patch(path, json={"events": None})).json()
    on = (await api.patch(path, json={"enabled": True})).json()

    assert (off["state"], off["disabled"]["code"]) == ("disabled", "requested")
    assert (off["events"], every["events"]) == (["order.created"], None)
    assert (on["state"], on["disabled"], on["description"]) == ("enabled", None, "ERP")


@pytest.mark.parametrize(
    "body",
    [
        {"events": []},
        {"events": ["order.exploded"]},
        {"store_ids": []},
        {"store_ids": [str(new_id())], "seller_account_id": str(new_id())},
        {"enabled": True},
    ],
    ids=["no event", "unknown event", "no store", "two owners", "unknown field"],
)
async def test_what_makes_no_sense_is_refused(
    api: httpx.AsyncClient, url: str, body: dict[str, Any]
):
    answer = await api.post(PATH, json={"url": url, **body})

    assert answer.status_code == 422


async def test_a_store_has_a_limited_number_of_endpoints(
    api: httpx.AsyncClient, url: str
):
    store, _ = await a_store(api)
    other, _ = await a_store(api)
    body = {"url": url, "store_ids": [store]}
    made = [(await api.post(PATH, json=body)).status_code for _ in range(20)]

    full = await api.post(PATH, json={"url": url, "store_ids": [other, store]})
    elsewhere = await api.post(PATH, json={"url": url, "store_ids": [other]})

    assert made == [201] * MOST_ENDPOINTS
    assert (full.status_code, full.json()["code"]) == (409, "too_many_endpoints")
    assert elsewhere.status_code == 201


async def test_an_endpoint_goes_with_its_last_store(
    api: httpx.AsyncClient, url: str, database_url: str
):
    first, _ = await a_store(api)
    second, _ = await a_store(api)
    made = await api.post(PATH, json={"url": url, "store_ids": [first, second]})
    path = made.headers["Location"]

    query(database_url, "DELETE FROM store WHERE id = %s", first)
    rest = (await api.get(path)).json()
    query(database_url, "DELETE FROM store WHERE id = %s", second)

    assert rest["store_ids"] == [second]
    assert (await api.get(path)).status_code == 404


async def test_the_audit_log_has_no_query_of_a_url(api: httpx.AsyncClient, url: str):
    made = await api.post(PATH, json={"url": f"{url}?password=canary"})
    await api.patch(made.headers["Location"], json={"url": f"{url}?password=birds"})
    await api.delete(made.headers["Location"])

    entries = (await api.get("/v1/audit")).text
    assert "webhook_endpoint.created" in entries
    assert "canary" not in entries
    assert "birds" not in entries
