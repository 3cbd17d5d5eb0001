"""A secret is shown once, replaced with an overlap, and bound to its row."""

import asyncio
import base64
from datetime import datetime, timedelta

import httpx

from app.settings import Settings
from tests.hooks.sending import Sender, new_secret
from tests.support.stack import open_api, query


async def status_of(sender: Sender, secret: str) -> int:
    return (await sender.send(secret=secret)).status_code


async def test_a_secret_is_shown_once_and_stored_encrypted(
    sender: Sender, database_url: str
):
    path = f"/v1/stores/{sender.store_id}/hook-secret"

    shown = await sender.api.get(path)

    raw = base64.b64decode(sender.secret.removeprefix("whsec_"))
    rows = query(database_url, "SELECT cipher FROM hook_secret")
    assert len(raw) == 32
    assert shown.json()["exists"] is True
    assert sender.secret not in shown.text
    assert raw not in bytes(rows[0][0])
    assert sender.secret.encode() not in bytes(rows[0][0])


async def test_a_store_without_a_secret_is_reported(api: httpx.AsyncClient):
    made = await api.post("/v1/stores", json={"name": "Two", "country": "DE"})

    answer = await api.get(f"/v1/stores/{made.json()['id']}/hook-secret")

    assert answer.json() == {"exists": False, "since": None, "previous_until": None}


async def test_a_replaced_secret_is_valid_for_the_overlap_only(
    sender: Sender, settings: Settings, database_url: str
):
    path = f"/v1/stores/{sender.store_id}/hook-secret"
    answer = (await sender.api.post(path)).json()

    both = [await status_of(sender, s) for s in (sender.secret, answer["secret"])]
    secret = (await sender.api.get(path)).json()
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE hook_secret SET valid_until = now() WHERE valid_until IS NOT NULL",
    )
    later = [await status_of(sender, s) for s in (sender.secret, answer["secret"])]

    assert both == [202, 202]
    assert secret["previous_until"] == answer["previous_until"]
    overlap = datetime.fromisoformat(secret["previous_until"]) - datetime.fromisoformat(
        secret["since"]
    )
    assert overlap == settings.hook_secret_overlap == timedelta(hours=24)
    assert later == [401, 202]
    assert (await sender.api.get(path)).json()["previous_until"] is None


async def test_only_the_last_replaced_secret_overlaps(sender: Sender):
    second = await new_secret(sender.api, sender.store_id)
    third = await new_secret(sender.api, sender.store_id)

    statuses = [await status_of(sender, s) for s in (sender.secret, second, third)]

    assert statuses == [401, 202, 202]


async def test_deleted_secrets_are_refused(sender: Sender):
    path = f"/v1/stores/{sender.store_id}/hook-secret"
    second = await new_secret(sender.api, sender.store_id)

    answer = await sender.api.delete(path)

    assert answer.status_code == 204
    assert [await status_of(sender, s) for s in (sender.secret, second)] == [401, 401]
    assert (await sender.api.get(path)).json()["exists"] is False


async def test_a_secret_moved_to_another_row_cannot_be_decrypted(
    sender: Sender, database_url: str
):
    other = await sender.api.post("/v1/stores", json={"name": "B", "country": "DE"})
    await new_secret(sender.api, other.json()["id"])
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE hook_secret AS a SET cipher = b.cipher FROM hook_secret AS b "
        "WHERE a.id <> b.id",
    )

    assert await status_of(sender, sender.secret) == 401


async def test_secrets_need_a_key_that_may_write_this_store(
    sender: Sender, settings: Settings
):
    path = f"/v1/stores/{sender.store_id}/hook-secret"
    made = [
        await sender.api.post("/v1/api-keys", json={"name": "k", **scope})
        for scope in (
            {"scope": "read", "store_ids": [sender.store_id]},
            {"scope": "write", "store_ids": []},
        )
    ]
    reader, stranger = (a.json()["key"] for a in made)

    async with open_api(settings) as client:
        statuses = [
            (
                await client.post(path, headers={"Authorization": f"Bearer {k}"})
            ).status_code
            for k in (reader, stranger)
        ]

    assert statuses == [403, 404]
