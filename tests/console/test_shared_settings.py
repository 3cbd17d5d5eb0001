"""Keys, accounts, webhooks, alerts, audit log, source, drift and leaving."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.console.settings.access.audit_router import ACTIONS
from app.console.settings.notifications.events import EVENTS
from tests.access.issuing import issue
from tests.console.form_fields import fields_of
from tests.console.person import ORIGIN, Person
from tests.support.shop import Shop, fresh_token, introduce, open_shop

ALL = "/console/settings"
SCHEMAS = json.loads(Path("openapi.json").read_bytes())["components"]["schemas"]


@pytest.fixture
async def store(api: httpx.AsyncClient, sandbox_url: str) -> Shop:
    return await open_shop(api, sandbox_url, active=False)


def of(store: Shop, page: str) -> str:
    return f"/console/stores/{store.store_id}/settings{page}"


async def account_of(store: Shop) -> str:
    found = (await store.api.get(f"/v1/stores/{store.store_id}")).json()
    return str(found["seller_account_id"])


async def send(person: Person, page: str, action: str, **values: Any) -> httpx.Response:
    shown = await person.open(page)
    data = fields_of(shown.text, action) | values
    return await person.client.post(action, data=data, headers=ORIGIN)


def test_the_forms_offer_every_event_and_every_action():
    assert set(EVENTS) == set(SCHEMAS["EventType"]["enum"])
    assert set(ACTIONS) == set(SCHEMAS["AuditAction"]["enum"])


async def test_a_key_is_shown_once_and_signs_in(admin: Person, store: Shop):
    answer = await send(
        admin,
        f"{ALL}/keys",
        f"{ALL}/keys",
        name="Ann & <b>Bob</b>",
        scope="write",
        stores="some",
        store_ids=[store.store_id],
    )

    assert answer.status_code == 200, answer.text
    found = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert found
    listed = await admin.open(f"{ALL}/keys")
    assert found[1] not in listed.text
    assert "Ann &amp; &lt;b&gt;Bob" in listed.text
    (key,) = (await store.api.get("/v1/api-keys")).json()["items"]
    assert (key["scope"], key["store_ids"]) == ("write", [store.store_id])
    assert (await admin.sign_in(found[1])).status_code == 303


async def test_a_form_of_a_key_that_is_sent_twice_creates_one(
    admin: Person, api: httpx.AsyncClient
):
    page = await admin.open(f"{ALL}/keys")
    data = fields_of(page.text, f"{ALL}/keys") | {"name": "ERP"}

    for _ in range(2):
        await admin.client.post(f"{ALL}/keys", data=data, headers=ORIGIN)

    assert len((await api.get("/v1/api-keys")).json()["items"]) == 1


async def test_a_key_is_revoked(admin: Person, api: httpx.AsyncClient):
    await issue(api, name="old")
    (key,) = (await api.get("/v1/api-keys")).json()["items"]
    page = await admin.open(f"{ALL}/keys")

    await admin.submit(page, f"{ALL}/keys/{key['id']}/revoke")

    assert "Revoke the key of old?" in page.text
    without_script = page.text.partition("<noscript>")[2].partition("</noscript>")[0]
    assert f'action="{ALL}/keys/{key["id"]}/revoke"' in without_script
    assert "This cannot be undone" in without_script
    (key,) = (await api.get("/v1/api-keys")).json()["items"]
    assert key["revoked_at"]


async def test_some_stores_without_one_is_no_key_of_all_stores(
    admin: Person, api: httpx.AsyncClient
):
    answer = await send(admin, f"{ALL}/keys", f"{ALL}/keys", name="none", stores="some")

    assert answer.status_code == 422
    assert (await api.get("/v1/api-keys")).json()["items"] == []


async def test_the_account_shares_as_chosen(admin: Person, store: Shop):
    account = await account_of(store)
    path = f"{ALL}/accounts/{account}"

    listed = await admin.open(f"{ALL}/accounts")
    shared = await send(
        admin, path, path, shared_quantity="max", other_markets="protect"
    )
    wrong = await send(
        admin, path, path, part="limits", lines_per_hour="0", requests_per_10s=""
    )
    await send(
        admin, path, path, part="limits", lines_per_hour="500", requests_per_10s=""
    )

    assert path in listed.text
    assert shared.status_code == 303
    assert (wrong.status_code, 'id="lines_per_hour-error"' in wrong.text) == (422, True)
    found = (await store.api.get(f"/v1/seller-accounts/{account}")).json()
    assert (found["shared_quantity"], found["other_markets"]) == ("max", "protect")
    assert found["lines_per_hour"] == 500


async def test_a_new_token_replaces_the_old_one(
    admin: Person, store: Shop, sandbox_url: str
):
    path, token = f"{ALL}/accounts/{await account_of(store)}", fresh_token()
    await introduce(sandbox_url, token)

    answer = await send(admin, path, f"{path}/token", token=token)
    refused = await send(admin, path, f"{path}/token", token="x")

    assert token not in answer.text
    assert answer.status_code in {303, 409, 422}
    assert refused.status_code == 422


async def test_a_webhook_is_created_changed_tested_and_deleted(
    admin: Person, api: httpx.AsyncClient
):
    page = f"{ALL}/webhooks"
    made = await send(
        admin, page, page, url="https://erp.example/hook", description="ERP"
    )
    secret = re.search(r'<code id="secret">(whsec_[^<]+)</code>', made.text)
    assert secret, made.text
    (endpoint,) = (await api.get("/v1/webhook-endpoints")).json()["items"]
    here = f"{page}/{endpoint['id']}"

    changed = await send(
        admin, here, here, every_event="", events=["order.due", "order.created"]
    )
    await send(admin, here, f"{here}/test")
    shown = await admin.open(here)
    rotated = await admin.submit(shown, f"{here}/secret")

    assert changed.status_code == 303, changed.text
    assert secret[1] not in shown.text
    assert "webhook_endpoint.test" in shown.text
    assert "whsec_" in rotated.text
    (delivery,) = (
        await api.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")
    ).json()["items"]
    detail = await admin.open(f"{here}/deliveries/{delivery['event_id']}")
    assert delivery["event_id"] in detail.text
    await admin.submit(await admin.open(here), f"{here}/delete")
    assert (await api.get("/v1/webhook-endpoints")).json()["items"] == []


async def test_a_wrong_url_of_a_webhook_is_named_at_its_field(admin: Person):
    page = f"{ALL}/webhooks"

    answer = await send(admin, page, page, url="ftp://erp.example")

    assert answer.status_code == 422
    assert 'id="url-error"' in answer.text


async def test_an_alert_channel_is_created_switched_off_and_deleted(
    admin: Person, store: Shop
):
    page, api = of(store, "/alerts"), f"/v1/stores/{store.store_id}/alert-channels"
    made = await send(
        admin,
        page,
        page,
        addresses="me@shop.example, you@shop.example",
        events=["order.due"],
    )
    assert made.status_code == 303, made.text
    (channel,) = (await store.api.get(api)).json()["items"]
    here = f"{page}/{channel['id']}"

    await send(admin, page, f"{here}/switch")
    await send(admin, page, f"{here}/test")
    (off,) = (await store.api.get(api)).json()["items"]
    shown = await admin.open(page)
    await admin.submit(shown, f"{here}/delete")

    assert channel["addresses"] == ["me@shop.example", "you@shop.example"]
    assert off["state"] == "disabled"
    assert "Delete this channel?" in shown.text
    assert (await store.api.get(api)).json()["items"] == []


async def test_the_audit_log_is_filtered_and_a_csv_file(admin: Person, store: Shop):
    query = f"action=store.settings_changed&store_id={store.store_id}"

    page = await admin.open(f"{ALL}/audit?{query}")
    none = await admin.open(f"{ALL}/audit?from=2020-01-01&to=2020-01-02")
    file = await admin.open(f"{ALL}/audit/audit.csv?{query}")

    assert "store: settings changed" in page.text
    assert "store: mapping changed" not in page.text
    assert "No change found" in none.text
    assert file.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(file.text)))
    assert {each["action"] for each in rows} == {"store.settings_changed"}


async def test_a_source_is_set_pulled_and_deleted(admin: Person, store: Shop):
    page, api = of(store, "/source"), f"/v1/stores/{store.store_id}/catalog-source"
    given = {"url": "https://shop.example/a.csv", "interval": "3 h", "separator": ";"}
    given |= {"username": "me", "password": "a secret"}

    made = await send(admin, page, page, **given)
    before = (await store.api.get(api)).json()
    again = await send(admin, page, page)
    pulled = await send(admin, page, f"{page}/pull")
    shown = await admin.open(page)

    assert (made.status_code, again.status_code) == (303, 303), made.text
    assert before["interval"] == "PT3H"
    assert before["password_set"]
    assert "a secret" not in shown.text
    assert pulled.status_code == 303
    assert f'data-refresh="{page}/state"' in shown.text
    await admin.submit(shown, f"{page}/delete")
    assert (await store.api.get(api)).status_code == 404


async def test_drift_is_checked_and_kept_or_repaired(admin: Person, store: Shop):
    page = of(store, "/drift")

    checked = await send(admin, page, f"{page}/check")
    shown = await admin.open(page)
    await send(admin, page, page, drift="leave")

    assert checked.status_code == 303, checked.text
    assert f'data-refresh="{page}/state"' in shown.text
    settings = (await store.api.get(f"/v1/stores/{store.store_id}/settings")).json()
    assert settings["drift"] == "leave"


async def test_a_store_is_deleted_only_with_its_name(admin: Person, store: Shop):
    page = of(store, "/leaving")

    wrong = await send(admin, page, page, name="Other", offers="leave")
    still = await store.api.get(f"/v1/stores/{store.store_id}")
    gone = await send(admin, page, page, name="Shop", offers="leave")
    result = await admin.open(gone.headers["location"])

    assert (wrong.status_code, still.status_code) == (422, 200)
    assert "Type the name of the store" in wrong.text
    assert gone.status_code == 303
    assert "Shop leaves" in result.text


@pytest.mark.parametrize("scope", ["read", "write"])
async def test_keys_are_for_admins(person: Person, store: Shop, scope: str):
    await person.sign_in(await issue(store.api, scope=scope))

    keys = await person.open(f"{ALL}/keys")
    leaving = await person.open(of(store, "/leaving"))

    assert "Create a key" not in keys.text
    assert 'value="zero"' not in leaving.text


async def test_a_read_key_sees_no_form(person: Person, store: Shop):
    await person.sign_in(await issue(store.api, scope="read"))
    pages = [of(store, page) for page in ("/source", "/drift", "/alerts")]
    pages += [f"{ALL}/{page}" for page in ("accounts", "webhooks", "audit")]
    pages.append(f"{ALL}/accounts/{await account_of(store)}")

    for page in pages:
        shown = await person.open(page)
        assert shown.status_code == 200, page
        assert shown.text.count('<form method="post"') == 1, page
