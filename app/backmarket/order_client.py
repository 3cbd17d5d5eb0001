"""Requests about orders: read pages, read one, change line states, upload invoices."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx

from app.backmarket.client import MAX_PAGE_SIZE, Access, BackMarket
from app.backmarket.errors import (
    BackMarketNotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
)
from app.backmarket.wire.orders import Order, OrderPage, parse_order, parse_orders


async def read_page(
    back_market: BackMarket,
    access: Access,
    page: int,
    modified_from: datetime | None = None,
) -> OrderPage:
    """Read one page, counted from 1, of 50 orders of all countries.

    Back Market API, orders (`GET /ws/orders`): `modified_from` is inclusive. A 404
    or another refusal past the first page is an empty last page (section 3: "some
    error"). Raises BackMarketError.
    """
    query: dict[str, str | int] = {"page": page, "page-size": MAX_PAGE_SIZE}
    if modified_from:
        moment = modified_from.astimezone(UTC)
        query["date_modification"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        return await back_market.call(
            access,
            "GET",
            "/ws/orders",
            lambda answer: parse_orders(answer, page),
            params=query,
            in_thread=True,
        )
    except (BackMarketNotFoundError, RequestRefusedError):
        if page == 1:
            raise
        return OrderPage()


async def read_order(back_market: BackMarket, access: Access, number: int) -> Order:
    """Read one order (`GET /ws/orders/{id}`). Raises BackMarketError."""
    return await back_market.call(access, "GET", f"/ws/orders/{int(number)}", _order)


def _order(answer: object) -> Order:
    order = parse_order(answer)
    if order is None:
        raise NotUnderstoodError("Back Market's order has no number.")
    return order


async def move_lines(
    back_market: BackMarket, access: Access, number: int, body: Mapping[str, object]
) -> Order | None:
    """Change the state of lines (`POST /ws/orders/{id}`, section 7.3).

    Returns the order if the answer shows it. A repeat of an accepted move is an
    illegal one: read the order before repeating anything. Raises BackMarketError.
    """
    return await back_market.call(
        access,
        "POST",
        f"/ws/orders/{int(number)}",
        parse_order,
        content=json.dumps(body, ensure_ascii=False).encode(),
    )


async def register_device(
    back_market: BackMarket, access: Access, line: int, body: Mapping[str, object]
) -> None:
    """Set IMEI or serial number of a line (`PATCH /ws/orderlines/{id}`, section 7.3).

    The first number stays: a repeat may be refused. Raises BackMarketError.
    """
    await back_market.call(
        access,
        "PATCH",
        f"/ws/orderlines/{int(line)}",
        lambda answer: answer,
        content=json.dumps(body, ensure_ascii=False).encode(),
    )


async def give_invoice(
    back_market: BackMarket, access: Access, number: int, pdf: bytes
) -> None:
    """Upload an invoice PDF (`POST /ws/orders/{id}/invoice`, section 7.1).

    A repeat uploads a second one: read the order first. Raises BackMarketError.
    """
    files = {"invoice": (f"invoice-{int(number)}.pdf", pdf, "application/pdf")}
    form = httpx.Request("POST", "http://form", files=files)
    await back_market.call(
        access,
        "POST",
        f"/ws/orders/{int(number)}/invoice",
        lambda answer: answer,
        content=form.read(),
        media_type=form.headers["Content-Type"],
    )
