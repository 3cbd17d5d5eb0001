"""Invoices: a PDF goes to Back Market once, and is not kept afterwards."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.idempotency.keyed import assert_repeated, key
from tests.orders.desk import ENDS, Desk

PDF = b"%PDF-1.7 an invoice"


async def send(
    desk: Desk,
    order: Mapping[str, Any],
    content: bytes,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    return await desk.api.post(
        f"/v1/orders/{order['id']}/invoice",
        headers=headers,
        files={"file": ("secret name.pdf", content, "application/pdf")},
    )


async def invoices_at_back_market(desk: Desk, order: Mapping[str, Any]) -> int:
    path = f"/orders/{order['marketplace_id']}"
    return len((await desk.shop.sandbox("GET", path))["invoices"])


@pytest.fixture
async def accepted(desk: Desk) -> dict[str, Any]:
    order = await desk.new_order("A1")
    await desk.act(order, "accept")
    return order


@pytest.mark.parametrize(
    ("fault", "state"), [(None, "done"), ("lost_answer", "reconciled")]
)
async def test_an_invoice_is_uploaded_once(
    desk: Desk, accepted, settings: Settings, fault: str | None, state: str
):
    if fault:
        await desk.shop.fault(fault, path="/ws/orders/*/invoice", count=1)

    asked = await send(desk, accepted, PDF)
    action = await desk.shop.wait_for(asked.headers["Location"], ENDS)

    assert (asked.status_code, action["state"]) == (202, state)
    assert await invoices_at_back_market(desk, accepted) == 1
    assert not [p for p in settings.uploads.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"GIF89a", (415, "no_pdf")),
        (b"", (415, "no_pdf")),
        (PDF + bytes(3 * 1024 * 1024), (413, "too_large")),
    ],
    ids=["a picture", "nothing", "too large"],
)
async def test_a_file_that_is_not_a_small_pdf_is_refused(
    desk: Desk, accepted, settings: Settings, content: bytes, refusal: tuple[int, str]
):
    answer = await send(desk, accepted, content)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == refusal
    assert not [p for p in settings.uploads.rglob("*") if p.is_file()]


async def test_a_repeated_request_after_the_upload_sends_no_second_invoice(
    desk: Desk, accepted
):
    """The action is over: only the key knows that this is the same request."""
    given = key()
    asked = await send(desk, accepted, PDF, given)
    await desk.shop.wait_for(asked.headers["Location"], ENDS)

    repeat = await send(desk, accepted, PDF, given)

    assert_repeated(repeat, asked)
    assert await invoices_at_back_market(desk, accepted) == 1


async def test_an_unaccepted_order_allows_no_invoice(desk: Desk, settings: Settings):
    order = await desk.new_order("A1")

    answer = await send(desk, order, PDF)

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")
    assert not [p for p in settings.uploads.rglob("*") if p.is_file()]
