"""Replaces the network: a function answers the requests of a client."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx
import polars as pl
from pydantic import SecretStr

from app.backmarket.client import Access, BackMarket, open_client
from app.backmarket.markets import Environment, Platform, market_of
from app.settings import load_settings

TOKEN = "Y2xpZW50OkJNVC1zZWNyZXQtMTIz"
ACCESS = Access(Platform.EU, Environment.PRODUCTION, SecretStr(TOKEN), market_of("GB"))
ROWS = pl.DataFrame({"sku": ["A"], "quantity": [1]})

Answer = Callable[[httpx.Request], httpx.Response]


def back_market(
    answer: Answer, **settings: object
) -> AbstractAsyncContextManager[BackMarket]:
    chosen = load_settings(company="acme", contact="it@acme.example", **settings)
    return open_client(chosen, httpx.MockTransport(answer))


def always(status: int, value: object = None, **headers: str) -> Answer:
    return lambda request: httpx.Response(status, json=value, headers=headers)


def failing(error: type[httpx.TransportError]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("the line broke", request=request)

    return answer
