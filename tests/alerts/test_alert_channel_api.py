"""Channels over the API: what an address may be, how many, and versions."""

from typing import Any

import pytest

from app.alerts.service import MOST_CHANNELS
from tests.alerts.channels import Channels
from tests.support.shop import open_shop


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (
            {"addresses": ["a@x.example\r\nBcc: b@y.z"]},
            "addresses.0",
            "address_refused",
        ),
        ({"addresses": []}, "addresses", None),
        ({"addresses": [f"a{n}@x.example" for n in range(11)]}, "addresses", None),
        ({"events": ["webhook_endpoint.test"]}, "events.0", "no_alert"),
        ({"events": []}, "events", None),
        ({"kind": "json"}, "kind", None),
        ({"url": "json://evil.example"}, "url", None),
    ],
)
async def test_a_wrong_channel_is_refused_with_the_field(
    channels: Channels, body: dict[str, Any], field: str, code: str | None
):
    answer = await channels.post(**body)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert code in {None, error["code"]}
    assert "Bcc" not in answer.text


async def test_a_channel_is_shown_changed_and_deleted(channels: Channels):
    made = await channels.post(addresses=["a@x.example", "A@x.example", "b@x.example"])
    path = made.headers["Location"]
    tag = {"If-Match": made.headers["ETag"]}
    changed = await channels.api.patch(path, json={"enabled": False}, headers=tag)
    stale = await channels.api.patch(path, json={"enabled": True}, headers=tag)
    refused = await channels.api.post(f"{path}/test")
    listed = await channels.api.get(channels.path)
    deleted = await channels.api.delete(path)

    assert made.json()["addresses"] == ["a@x.example", "b@x.example"]
    assert changed.json()["disabled"]["code"] == "requested"
    assert stale.status_code == 412
    assert refused.json()["code"] == "channel_disabled"
    assert listed.json()["items"] == [changed.json()]
    assert deleted.status_code == 204
    assert (await channels.api.get(path)).status_code == 404


async def test_a_store_has_a_limited_number_of_channels(channels: Channels):
    for _ in range(MOST_CHANNELS):
        await channels.create()
    more = await channels.post()

    assert (more.status_code, more.json()["code"]) == (409, "too_many_channels")


async def test_a_channel_of_another_store_is_not_found(
    channels: Channels, sandbox_url: str
):
    channel = await channels.create()
    other = await open_shop(channels.api, sandbox_url)
    path = f"/v1/stores/{other.store_id}/alert-channels/{channel['id']}"

    assert (await channels.api.get(path)).status_code == 404
    assert (await channels.api.delete(path)).status_code == 404


class TestWithoutMailServer:
    @pytest.fixture
    def more_settings(self) -> dict[str, Any]:
        return {"smtp_url": None}

    async def test_no_channel_is_created(self, channels: Channels):
        answer = await channels.post()

        assert answer.status_code == 409
        assert answer.json()["code"] == "smtp_not_configured"


async def test_events_of_a_store_without_channels_add_nothing(channels: Channels):
    await channels.record(3)

    assert await channels.pending() == 0


async def test_events_of_a_disabled_channel_add_nothing(channels: Channels):
    channel = await channels.create()
    path = f"{channels.path}/{channel['id']}"
    await channels.api.patch(path, json={"enabled": False})
    await channels.record()

    assert await channels.pending() == 0
