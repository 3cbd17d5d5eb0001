"""API settings, brake, automations, activation: forms that change one part each."""

import re

import httpx
import pytest

from tests.access.issuing import issue
from tests.console.form_fields import fields_of
from tests.console.person import ORIGIN, Person
from tests.support.shop import Shop, open_shop

PAGES = ("", "/brake", "/automations")


@pytest.fixture
async def store(api: httpx.AsyncClient, sandbox_url: str) -> Shop:
    return await open_shop(api, sandbox_url, active=False)


def page_of(store: Shop, page: str = "") -> str:
    return f"/console/stores/{store.store_id}/settings{page}"


async def settings_of(store: Shop) -> dict[str, object]:
    path = f"/v1/stores/{store.store_id}/settings"
    return dict((await store.api.get(path)).json())


async def send(person: Person, path: str, **values: str | None) -> httpx.Response:
    """Submit the form of a page with other values; None leaves a field out."""
    page = await person.open(path)
    fields = fields_of(page.text, path) | values
    data = {name: value for name, value in fields.items() if value is not None}
    return await person.client.post(path, data=data, headers=ORIGIN)


@pytest.mark.parametrize("page", PAGES, ids=["api", "brake", "automations"])
async def test_saving_a_page_as_it_is_changes_nothing(
    admin: Person, store: Shop, page: str
):
    before = await settings_of(store)

    answer = await send(admin, page_of(store, page))

    assert answer.status_code == 303, answer.text
    assert await settings_of(store) == before


async def test_a_page_changes_its_own_part_only(admin: Person, store: Shop):
    before = await settings_of(store)

    await send(
        admin,
        page_of(store),
        offers_interval="1 h 30 min",
        publish_products="on",
        drift="leave",
    )
    await send(admin, page_of(store, "/brake"), **{"brake.zeroing": "on", "etag": None})

    after = await settings_of(store)
    assert after == before | {
        "offers_interval": "PT1H30M",
        "publish_products": True,
        "drift": "leave",
        "brake": {**before["brake"], "zeroing": {"percent": "30", "minimum": 10}},  # type: ignore[dict-item]
    }


async def test_an_automation_is_switched_on_with_its_exclusions(
    admin: Person, store: Shop
):
    accept = "automations.accept_orders"
    await send(
        admin,
        page_of(store, "/automations"),
        **{
            accept: "on",
            f"{accept}.exclude_skus": "A-*\n\n b ",
            f"{accept}.exclude_countries": "de, FR",
            f"{accept}.min_price": "9,50",
        },
    )

    assert (await settings_of(store))["automations"] == {
        "accept_orders": {
            "exclude_skus": ["A-*", "b"],
            "exclude_countries": ["DE", "FR"],
            "min_price": "9.50",
            "max_price": None,
            "max_stock_age": "P1D",
        },
        "remind": None,
    }


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("", "offers_interval", "soon"),
        ("", "orders_from", "yesterday"),
        ("/brake", "brake.hold_for", "1 year"),
        ("/brake", "minimum_margin.percent", "-1"),
        ("/automations", "automations.remind.before_dispatch", "10 days"),
    ],
)
async def test_a_wrong_value_is_named_at_its_field_and_kept(
    admin: Person, store: Shop, page: str, field: str, value: str
):
    before = await settings_of(store)

    answer = await send(
        admin,
        page_of(store, page),
        **{field: value, "automations.remind": "on"},
    )

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert re.search(rf'name="{field}"[^>]*value="{value}"', answer.text)
    assert await settings_of(store) == before


async def test_a_change_in_between_is_not_undone(admin: Person, store: Shop):
    path = page_of(store)
    stale = fields_of((await admin.open(path)).text, path)
    await store.api.patch(f"/v1/stores/{store.store_id}", json={"name": "Renamed"})

    answer = await admin.client.post(
        path, data=stale | {"offers_interval": "5 h"}, headers=ORIGIN
    )

    assert answer.status_code == 412
    assert 'value="5 h"' in answer.text
    assert (await settings_of(store))["offers_interval"] != "PT5H"
    again = fields_of(answer.text, path)
    answer = await admin.client.post(path, data=again, headers=ORIGIN)
    assert answer.status_code == 303
    assert (await settings_of(store))["offers_interval"] == "PT5H"


async def test_a_token_is_never_shown_again(admin: Person, store: Shop):
    answer = await send(admin, page_of(store), token="dG9rZW46Zmlyc3Q=", drift="?")

    assert answer.status_code == 422
    for page in (answer, await admin.open(page_of(store))):
        assert "dG9rZW46Zmlyc3Q=" not in page.text
        assert store.token not in page.text


@pytest.mark.parametrize("page", [*PAGES, "/activation"])
async def test_a_read_key_sees_values_and_no_form(
    person: Person, store: Shop, page: str
):
    await person.sign_in(await issue(store.api, scope="read"))

    shown = await person.open(page_of(store, page))

    assert shown.status_code == 200
    forms = re.findall(r'<form method="post" action="([^"]*)"', shown.text)
    assert forms == ["/console/sign-out"]


async def test_a_form_of_a_read_key_is_refused(person: Person, store: Shop):
    await person.sign_in(await issue(store.api, scope="read"))
    page = await person.open(page_of(store))

    answer = await person.submit(page, page_of(store), environment="sandbox")

    assert answer.status_code == 403


async def test_a_key_of_another_store_sees_no_settings(person: Person, store: Shop):
    other = (
        await store.api.post("/v1/stores", json={"name": "Other", "country": "DE"})
    ).json()
    await person.sign_in(await issue(store.api, scope="write", store_ids=[other["id"]]))

    for page in (*PAGES, "/activation"):
        assert (await person.open(page_of(store, page))).status_code == 404


async def test_a_green_store_is_activated_and_deactivated(admin: Person, store: Shop):
    path = page_of(store, "/activation")

    on = await admin.submit(await admin.open(path), f"{path}/on")
    active = await admin.open(path)
    off = await admin.submit(active, f"{path}/off", offers="leave")

    assert on.status_code == off.status_code == 303
    assert "Deactivate and set all listings to 0?" in active.text
    assert "The store is deactivated." in (await admin.open(path)).text
    answer = await store.api.get(f"/v1/stores/{store.store_id}/activation")
    assert answer.json()["active"] is False


async def test_a_red_light_says_why_instead_of_a_button(
    admin: Person, api: httpx.AsyncClient
):
    made = await api.post("/v1/stores", json={"name": "New", "country": "FR"})
    path = f"/console/stores/{made.json()['id']}/settings/activation"

    page = await admin.open(path)
    answer = await admin.submit(page, f"{path}/on")

    assert "Activate the store" not in page.text
    assert "Make the red lights green first" in page.text
    assert answer.status_code == 409
    assert "Activation needs green lights" in answer.text


async def test_without_a_store_the_stores_are_listed(admin: Person, store: Shop):
    page = await admin.open("/console/settings")

    assert page_of(store) in page.text
