"""Pages of orders: lists, one order, actions on many, totals."""

from typing import Any

import httpx
import pytest

from app.console.orders.place import Place
from tests.access.issuing import issue
from tests.console.person import HIDDEN, ORIGIN, Person
from tests.idempotency.keyed import make_store
from tests.orders.desk import PARCEL, Desk
from tests.support.shop import Shop

MARKUP = "<b>Galaxy</b> S21"
STOCK = [
    {"sku": sku, "title": title, "quantity": 9, "markets": {"FR": {"price": "1234.50"}}}
    for sku, title in (("A1", MARKUP), ("B2", "iPhone 12"))
]


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    """Two orders that were fetched."""
    path = f"/accounts/{shop.account}/listings"
    await shop.sandbox("POST", path, json={"listings": STOCK})
    opened = Desk(shop)
    await opened.buy("A1", "B2")
    await opened.buy("B2")
    await opened.sync()
    return opened


@pytest.fixture
def url(desk: Desk) -> str:
    return Place(desk.shop.store_id).url


def chosen(*orders: dict[str, Any]) -> list[str]:
    return [f"{o['id']} {o['version']} {o['marketplace_id']} buyer" for o in orders]


async def test_the_list_shows_each_order_with_its_buyer_and_amount(
    desk: Desk, admin: Person, url: str
):
    page = await admin.open(url, **{"Accept-Language": "de"})

    assert page.status_code == 200
    for order in await desk.listed():
        assert str(order["marketplace_id"]) in page.text
        assert order["buyer"]["city"] in page.text
    assert "2.469,00\N{NO-BREAK SPACE}€" in page.text
    assert "&lt;b&gt;Galaxy&lt;/b&gt;" in page.text
    assert MARKUP not in page.text


async def test_every_page_of_orders_opens(desk: Desk, admin: Person, url: str):
    order, _ = await desk.listed()
    paths = [
        *(url, "/console/orders", f"{url}/{order['id']}", f"{url}/totals"),
        *(f"{url}/tracking", f"{url}/sync", f"{url}/{order['id']}/history"),
        *(f"/console/orders/{order['id']}", "/console/orders/totals", f"{url}/actions"),
    ]

    pages = {path: (await admin.open(path)).status_code for path in paths}

    assert pages == dict.fromkeys(paths, 200)


async def test_many_orders_are_accepted_after_a_confirmation(
    desk: Desk, admin: Person, url: str
):
    orders = await desk.listed()
    foreign = f"{orders[0]['id'][:-4]}0000 1 999 other"
    values = {"action": "accept", "order": [*chosen(*orders), foreign]}

    confirm = await admin.submit(await admin.open(url), f"{url}/bulk", **values)
    nothing_yet = await desk.listed(state="to_accept")
    result = await admin.submit(
        confirm,
        f"{url}/bulk",
        step="send",
        action="accept",
        order=chosen(*orders),
    )

    assert "Accept 2 orders?" in confirm.text
    assert "promise Back Market to deliver 2 orders" in confirm.text
    assert "Left out: 1" in confirm.text
    assert len(nothing_yet) == 2
    assert "2 requested" in result.text
    for order in orders:
        path = f"/v1/orders/{order['id']}/actions"
        (action,) = (await desk.api.get(path)).json()["items"]
        await desk.shop.wait_for(f"{path}/{action['id']}", ["done"])
    part = await admin.open(f"{url}/actions?id={action['id']}")
    assert "data-refresh" not in part.text
    assert "done" in part.text


async def test_a_wrong_carrier_is_named_at_its_order(
    desk: Desk, admin: Person, url: str
):
    order = (await desk.listed())[0]
    await desk.act(order, "accept")
    (order,) = await desk.listed(state="to_ship")
    values = {"action": "ship", "step": "check", "order": chosen(order)}
    tracking = {f"tracking_{order['id']}": "XY 1"}

    page = await admin.open(url)
    empty = await admin.submit(page, f"{url}/bulk", **values)
    wrong = await admin.submit(
        page, f"{url}/bulk", **values, **tracking, shipper="Colisimo"
    )
    right = await admin.submit(
        page, f"{url}/bulk", **values, **tracking, shipper="Colissimo"
    )

    assert "Enter the tracking number" in empty.text
    assert (wrong.status_code, "no carrier of this name" in wrong.text) == (422, True)
    assert "Ship 1 order?" in right.text
    assert "informed that 1 parcel left" in right.text


async def test_nothing_chosen_is_said(desk: Desk, admin: Person, url: str):
    answer = await admin.submit(
        await admin.open(url), f"{url}/bulk", action="accept", order=["x", "a b c d"]
    )

    assert answer.headers["location"] == url
    assert "Choose 1 to 100 orders first." in (await admin.open(url)).text


async def test_a_file_ships_after_its_rows_were_shown(
    desk: Desk, admin: Person, url: str
):
    order = (await desk.listed())[0]
    await desk.act(order, "accept")
    number = order["marketplace_id"]
    rows = f"order;tracking number\n{number};XY1\n5;XY2\n".encode()
    page = await admin.open(f"{url}/tracking")
    hidden = dict(HIDDEN.findall(page.text))
    checked = await admin.client.post(
        f"{url}/tracking",
        data=hidden,
        files={"file": ("parcels.csv", rows, "text/csv")},
        headers=ORIGIN,
    )
    open_actions = (await desk.order(number))["open_action_ids"]
    sent = await admin.submit(checked, f"{url}/tracking")

    assert "Ship 1 order?" in checked.text
    assert "1 row is left out" in checked.text
    assert open_actions == []
    assert "1 requested" in sent.text


async def test_notes_are_kept_unless_the_order_has_changed(
    desk: Desk, admin: Person, url: str
):
    order = (await desk.listed())[0]
    page = await admin.open(f"{url}/{order['id']}")
    path = f"{url}/{order['id']}/notes"

    saved = await admin.submit(page, path, tags="gift, GIFT, late", note="Rings twice")
    again = await admin.submit(page, path, note="From an old page")

    assert saved.status_code == 303
    found = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    assert (found["tags"], found["note"]) == (["gift", "late"], "Rings twice")
    assert again.status_code == 412
    assert "has changed since you read it" in again.text


async def test_an_action_of_one_order_shows_what_is_wrong_at_its_field(
    desk: Desk, admin: Person, url: str
):
    order = (await desk.listed())[0]
    await desk.act(order, "accept")
    path = f"{url}/{order['id']}"
    page = await admin.open(path)

    wrong = await admin.submit(page, f"{path}/ship", **PARCEL | {"shipper": "Unknown"})
    fresh = await admin.open(path)
    right = await admin.submit(fresh, f"{path}/ship", **PARCEL)
    unknown = await admin.submit(page, f"{path}/destroy")

    assert (wrong.status_code, "no carrier of this name" in wrong.text) == (422, True)
    assert (right.status_code, right.headers["location"]) == (303, path)
    assert unknown.status_code == 404


async def test_a_reading_key_sees_no_forms(desk: Desk, person: Person, url: str):
    key = await issue(desk.api, scope="read", store_ids=[desk.shop.store_id])
    await person.sign_in(key)
    order = (await desk.listed())[0]

    pages = [await person.open(path) for path in (url, f"{url}/{order['id']}")]

    for page in pages:
        assert page.status_code == 200
        assert page.text.count("<form method=") == page.text.count("/sign-out") == 1


async def test_filters_lead_to_the_same_csv(desk: Desk, admin: Person, url: str):
    page = await admin.open(f"{url}?state=to_accept&from=2020-01-01&q=prova")
    csv = await admin.open(f"{url}.csv?state=to_ship")
    full = await admin.open(f"{url}.csv?state=to_accept")

    assert f"{url}.csv?state=to_accept&amp;from=2020-01-01&amp;q=prova" in page.text
    assert csv.headers["content-type"].startswith("text/csv")
    assert csv.text.count("\n") == 1
    assert full.text.count("\n") == 4


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("?q=zzzz", 200, "No order fits"),
        ("?country=XX", 422, "no market `XX`"),
        ("?from=yesterday", 422, "This filter is not possible"),
        ("?cursor=x", 422, "This filter is not possible"),
    ],
)
async def test_a_list_without_orders_says_why(
    desk: Desk, admin: Person, url: str, query: str, status: int, text: str
):
    page = await admin.open(f"{url}{query}")

    assert page.status_code == status
    assert text in page.text


async def test_a_store_without_token_leads_to_its_settings(
    api: httpx.AsyncClient, admin: Person
):
    store_id = await make_store(api)

    page = await admin.open(Place(store_id).url)

    assert "Not connected" in page.text
    assert f"/console/stores/{store_id}/settings" in page.text
    assert (await admin.open("/console/stores/x/orders")).status_code == 404
