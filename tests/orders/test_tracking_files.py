"""Files of tracking numbers, as merchants' programs and carriers write them."""

import asyncio
import io
import zipfile
from typing import Any

import httpx
import pytest

from app.orders.bulk.schemas import MAX_ROWS
from app.orders.bulk.tracking_file import MAX_BYTES
from app.settings import Settings
from tests.catalogs.engine.books import xlsx
from tests.idempotency.keyed import assert_repeated, key
from tests.orders.desk import ENDS, Desk
from tests.support.pages import run_page
from tests.support.serving import served
from tests.support.stack import ADMIN_KEY, query

PATH = "/v1/order-actions/tracking"


@pytest.fixture
async def accepted(desk: Desk) -> list[dict[str, Any]]:
    """Three orders that wait to be shipped, in the order in which they were bought."""
    numbers = [(await desk.buy(sku))["order_id"] for sku in ("A1", "B2", "C3")]
    await desk.sync()
    orders = [await desk.order(number) for number in numbers]
    for order in orders:
        assert (await desk.act(order, "accept"))["state"] == "done"
    return orders


async def upload(
    api: httpx.AsyncClient, content: bytes, media_type: str = "text/csv", **more: Any
) -> httpx.Response:
    headers = {"Content-Type": media_type, **more.pop("headers", {})}
    return await api.post(PATH, content=content, headers=headers, params=more)


async def wait_for_rows(desk: Desk, answer: httpx.Response) -> None:
    for each in answer.json()["rows"]:
        if each["action_id"]:
            path = f"/v1/orders/{each['order_id']}/actions/{each['action_id']}"
            assert (await desk.shop.wait_for(path, ENDS))["state"] == "done"


def states(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    return [
        (each["row"], each["state"], (each["problem"] or {}).get("code"))
        for each in answer.json()["rows"]
    ]


def a_file(*rows: tuple[object, ...]) -> bytes:
    header = ("Order number", "Tracking number", "Carrier", "Tracking URL")
    return "".join(";".join(map(str, row)) + "\n" for row in (header, *rows)).encode()


async def test_each_row_ships_its_order(desk: Desk, accepted: list[dict[str, Any]]):
    one, two, _ = accepted
    url = "https://carrier.example/t/1"

    answer = await upload(
        desk.api,
        a_file(
            (one["marketplace_id"], "XY 1", "colissimo", url),
            (two["id"], "XY2", "", ""),
        ),
    )
    await wait_for_rows(desk, answer)

    shipped = await desk.order(one["marketplace_id"])
    assert states(answer) == [(2, "accepted", None), (3, "accepted", None)]
    assert answer.json()["columns"]["shipper"] == "Carrier"
    assert (shipped["tracking_number"], shipped["tracking_url"]) == ("XY1", url)
    assert (shipped["outcome"], shipped["shipper"]) == ("shipped", "Colissimo")
    assert (await desk.order(two["marketplace_id"]))["tracking_number"] == "XY2"


async def test_a_file_may_be_uploaded_again(desk: Desk, accepted: list[dict[str, Any]]):
    one, two, _ = (order["marketplace_id"] for order in accepted)
    await wait_for_rows(desk, await upload(desk.api, a_file((one, "X1", "", ""))))

    again = await upload(
        desk.api, a_file((one, "x 1", "", ""), (two, "X2", "", ""), (one, "X9", "", ""))
    )

    assert states(again) == [
        (2, "unchanged", None),
        (3, "accepted", None),
        (4, "refused", "action_not_allowed"),
    ]
    counts = {name: again.json()[name] for name in ("accepted", "unchanged", "refused")}
    assert counts == {"accepted": 1, "unchanged": 1, "refused": 1}


async def test_a_bad_row_does_not_affect_the_others(
    desk: Desk, accepted: list[dict[str, Any]]
):
    one, two, _ = (order["marketplace_id"] for order in accepted)
    content = a_file(
        (1, "X", "", ""),
        (one, "X1", "No Such Carrier", ""),
        ("", "X", "", ""),
        (two, "1,23E+11", "", ""),
        (two, "X2", "DPD", ""),
        (two, "X2", "DPD", ""),
        (two, "X3", "DPD", ""),
    )

    answer = await upload(desk.api, content)

    assert states(answer) == [
        (2, "refused", "not_found"),
        (3, "refused", "invalid"),
        (4, "refused", "invalid"),
        (5, "refused", "invalid"),
        (6, "accepted", None),
        (7, "accepted", None),
        (8, "refused", "action_open"),
    ]
    rows = answer.json()["rows"]
    assert rows[4]["action_id"] == rows[5]["action_id"]
    fields = [each["problem"]["errors"][0] for each in rows[1:4]]
    assert [(field["field"], field["code"]) for field in fields] == [
        ("shipper", "carrier_unknown"),
        ("order", "missing"),
        ("tracking_number", "number_rounded"),
    ]


def workbook(one: int, two: int) -> bytes:
    rows = [["Bestellnummer", "Sendungsnummer"], [one, "X1"], [two, "X2"]]
    return xlsx({"Export": rows})


def zipped(one: int, two: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "tracking.csv", a_file((one, "X1", "", ""), (two, "X2", "", ""))
        )
    return out.getvalue()


EXPORTS: list[Any] = [
    pytest.param(
        lambda a, b: f"N° de commande;N° de suivi\r\n{a};X1\r\n{b};X2\r\n".encode(
            "cp1252"
        ),
        "text/csv",
        id="windows-1252",
    ),
    pytest.param(
        lambda a, b: f"\ufefforder-id\ttracking-number\n{a}\tX1\n{b}\tX2".encode(
            "utf-16"
        ),
        "text/csv",
        id="UTF-16 with tabs",
    ),
    pytest.param(
        lambda a, b: (
            f'sep=,\n"Pedido","Dirección","Seguimiento"\n="{a}","Calle 1,\n2ª","X1"\n'
            f'"{b}.0","x","X2"\n'
        ).encode(),
        "text/csv",
        id="quotes and line breaks",
    ),
    pytest.param(
        workbook,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        id="workbook",
    ),
    pytest.param(zipped, "application/zip", id="zip"),
]


@pytest.mark.parametrize(("made", "media_type"), EXPORTS)
async def test_files_of_other_programs_are_read(
    desk: Desk, accepted: list[dict[str, Any]], made: Any, media_type: str
):
    one, two, _ = (order["marketplace_id"] for order in accepted)

    answer = await upload(desk.api, made(one, two), media_type, dry_run="true")

    assert [state for _, state, _ in states(answer)] == ["accepted", "accepted"]
    found = [each["marketplace_id"] for each in answer.json()["rows"]]
    assert found == [one, two]


async def test_a_dry_run_stores_nothing(
    desk: Desk, accepted: list[dict[str, Any]], database_url: str
):
    await asyncio.to_thread(query, database_url, "DELETE FROM order_action")
    content = a_file((accepted[0]["marketplace_id"], "X1", "", ""), (1, "X", "", ""))

    dry = await upload(desk.api, content, dry_run="true")
    wet = await upload(desk.api, content)

    assert states(dry) == states(wet)
    assert dry.json()["rows"][0]["action_id"] is None
    assert query(database_url, "SELECT count(*) FROM order_action") == [(1,)]


async def test_a_form_with_a_key_is_answered_once(
    desk: Desk, accepted: list[dict[str, Any]], database_url: str
):
    await asyncio.to_thread(query, database_url, "DELETE FROM order_action")
    content = a_file((accepted[0]["marketplace_id"], "X1", "", ""))
    headers = key()
    answers = [
        await desk.api.post(
            PATH, files={"file": ("t.csv", content, "text/csv")}, headers=headers
        )
        for _ in range(2)
    ]

    assert states(answers[0]) == [(2, "accepted", None)]
    assert_repeated(answers[1], answers[0])
    assert query(database_url, "SELECT count(*) FROM order_action") == [(1,)]


UNUSABLE: list[Any] = [
    pytest.param(b"", 422, "empty", id="empty"),
    pytest.param(b"Order number;Tracking number\n", 422, "empty", id="no rows"),
    pytest.param(b"Order number;Weight\n1;2\n", 422, "missing_column", id="no column"),
    pytest.param(
        b"Order number;Order ID;Tracking\n1;2;3\n", 422, "ambiguous_column", id="two"
    ),
    pytest.param(b"%PDF-1.7 ...", 422, "unknown_format", id="PDF"),
    pytest.param(
        a_file(*[(n, "X", "", "") for n in range(MAX_ROWS + 1)]),
        *(422, "too_many_rows"),
        id="too many rows",
    ),
    pytest.param(b"x" * (MAX_BYTES + 1), 413, "too_large", id="too large"),
]


@pytest.mark.parametrize(("content", "status", "code"), UNUSABLE)
async def test_an_unusable_file_is_refused_as_a_whole(
    api: httpx.AsyncClient, content: bytes, status: int, code: str
):
    answer = await upload(api, content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"][0]["accepted"]


async def test_another_media_type_is_refused(api: httpx.AsyncClient):
    answer = await upload(api, b"x", "image/png")

    assert answer.status_code == 415


async def test_the_lines_in_the_how_to_ship_orders(
    desk: Desk, accepted: list[dict[str, Any]], settings: Settings
):
    one, two, _ = (order["marketplace_id"] for order in accepted)

    with served(settings) as (_, url):
        printed = await run_page(
            "how-to/ship-by-file.md",
            REFEED_URL=url,
            REFEED_KEY=ADMIN_KEY,
            ORDER_1=str(one),
            ORDER_2=str(two),
        )

    assert printed == [
        "2 accepted",
        "3 accepted",
        "4 refused not_found",
        "dry run: 2 accepted, 0 unchanged, 1 refused",
        "2 accepted, 0 unchanged, 1 refused",
    ]
