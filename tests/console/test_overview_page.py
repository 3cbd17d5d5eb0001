"""The overview: stores with problems first, names as text."""

from typing import Any

import httpx
import pytest

from app.console.overview.view import cards
from tests.access.issuing import issue
from tests.console.person import Person, person_at

GREEN: dict[str, Any] = {"state": "green", "reasons": []}
RED: dict[str, Any] = {
    "state": "red",
    "reasons": [{"code": "c", "message": "No token."}],
}


def summary(**more: Any) -> dict[str, Any]:
    usual = {
        "id": "1",
        "active": True,
        "lights": {"mapping": GREEN, "api_settings": GREEN},
        "last_publication": {"state": "finished"},
        "current_publication": None,
        "offers": {"online": 5, "held": 0, "in_error": 0, "unmatched": 0},
        "activity": [{"accepted": 2}, {"accepted": 0}],
    }
    return usual | more


@pytest.mark.parametrize(
    ("store", "kind", "headline"),
    [
        (summary(), "good", "Publishing by schedule"),
        (summary(lights={"api_settings": RED}), "bad", "Cannot publish"),
        (
            summary(lights={"api_settings": RED}, active=False),
            "bad",
            "Needs setting up",
        ),
        (
            summary(last_publication={"state": "failed"}),
            "bad",
            "The last publication failed",
        ),
        (summary(active=False), "warn", "Not active"),
        (summary(current_publication={"state": "sending"}), "busy", "Publishing"),
        (summary(offers={"held": 1, "in_error": 0}), "warn", "Some offers need you"),
        (summary(last_publication=None), "good", "Publishing by schedule"),
    ],
)
def test_the_most_important_thing_is_said_first(
    store: dict[str, Any], kind: str, headline: str
):
    (card,) = cards([store])

    assert (card.kind, card.headline) == (kind, headline)


def test_red_lights_come_before_what_the_api_ranks_first():
    shown = cards([summary(id="a"), summary(id="b", lights={"mapping": RED})])

    assert [card.store["id"] for card in shown] == ["b", "a"]
    assert list(shown[0].red) == ["mapping"]


async def test_an_empty_overview_says_what_to_do_next(
    api: httpx.AsyncClient, admin: Person
):
    page = await admin.open("/console/")
    async with person_at(api) as reader:
        await reader.sign_in(await issue(api, scope="read"))
        of_reader = await reader.open("/console/")

    assert 'href="/console/first-steps"' in page.text
    assert 'href="/console/first-steps"' not in of_reader.text
    assert "created with an admin key" in of_reader.text


async def test_the_name_of_a_store_is_text(api: httpx.AsyncClient, admin: Person):
    name = '<script>alert("1")</script>'
    await api.post("/v1/stores", json={"name": name, "country": "FR"})

    page = await admin.open("/console/")
    menu = await admin.open("/console/switcher")

    for shown in (page.text, menu.text):
        assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;" in shown
        assert name not in shown
