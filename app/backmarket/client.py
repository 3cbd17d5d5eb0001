"""Back Market's listings, batches, tasks and categories as typed calls."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import polars as pl
from pydantic import SecretStr

from app.backmarket.errors import (
    BackMarketError,
    BackMarketNotFoundError,
    NotConfiguredError,
    NotUnderstoodError,
    RequestRefusedError,
    TokenRefusedError,
)
from app.backmarket.markets import Environment, Market, Platform
from app.backmarket.protocol import effect_of
from app.backmarket.transport import base_urls, exchange, open_http
from app.backmarket.wire.batch import batch_body
from app.backmarket.wire.categories import Category, parse_tree
from app.backmarket.wire.listings import (
    Listing,
    ListingPage,
    parse_found,
    parse_listing,
    parse_page,
    update_body,
)
from app.backmarket.wire.messages import secrets_in
from app.backmarket.wire.scalars import same_sku
from app.backmarket.wire.tasks import TaskReport, parse_task, task_id_of
from app.metrics.recording import RECORDER, request_name
from app.settings import Settings
from app.tracing.spans import TRACING

MAX_PAGE_SIZE = 50
"""Listings on a page (section 2); `page-size` is written with a hyphen."""

BeforeRequest = Callable[[str, str], Awaitable[None]]
"""Awaited with method and path before each request: to throttle, to check a lease."""

_LISTING_ID = re.compile(
    r"[0-9]{1,19}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)
"""A UUID, or the older number; another one answers 400 (section 16)."""
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Access:
    """Token, platform, environment and market of a request; `repr` hides the token."""

    platform: Platform
    environment: Environment
    token: SecretStr
    market: Market
    before_request: BeforeRequest | None = field(default=None, repr=False)


class BackMarket:
    """The client of one process. Every method may raise BackMarketError.

    It does not retry and has no rate limit; `Access.before_request` may wait, or raise
    an error that is passed on unchanged.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        base_urls: Mapping[tuple[Platform, Environment], str],
    ) -> None:
        self._http = http
        self._base_urls = base_urls

    async def post_batch(
        self, access: Access, frame: pl.DataFrame, attributes: Collection[str] = ()
    ) -> int:
        """Send rows as a batch; return the id of the task to poll.

        Back Market API, listings, batch (`POST /ws/listings`): rows count against
        about 2,000 an hour. Raises ValueError for a frame that cannot be sent.
        """
        body = await asyncio.to_thread(batch_body, frame, attributes)
        return await self.call(access, "POST", "/ws/listings", task_id_of, content=body)

    async def task(self, access: Access, task_id: int) -> TaskReport:
        """Read the state of a batch (Back Market API, batch, `GET /ws/tasks/{id}`)."""
        secrets = secrets_in(access.token.get_secret_value())
        return await self.call(
            access,
            "GET",
            f"/ws/tasks/{int(task_id)}",
            lambda answer: parse_task(answer, secrets),
            in_thread=True,
        )

    async def update_listing(
        self, access: Access, listing_id: str, fields: Mapping[str, object]
    ) -> Listing:
        """Change the given fields of one listing in the access's market, at once.

        Back Market API, listings (`POST /ws/listings/{id}`): the id is a UUID or the
        older number; quantity is shared by all markets. An empty success returns a
        listing of which only the id is known. Raises ValueError for fields or an id
        that cannot be sent.
        """
        body = update_body(fields, access.market.currency)
        path = f"/ws/listings/{_checked(listing_id)}"
        listing = await self.call(
            access,
            "POST",
            path,
            lambda answer: parse_listing({} if answer is None else answer),
            content=json.dumps(body, ensure_ascii=False).encode(),
        )
        said_id = listing.id or listing.listing_id
        return listing if said_id else _only_known_by(listing_id)

    async def listings(
        self,
        access: Access,
        page: int = 1,
        page_size: int = MAX_PAGE_SIZE,
        filters: Mapping[str, int] | None = None,
    ) -> ListingPage:
        """Read one page, counted from 1, at most 50 listings, newest first.

        Back Market API, listings (`GET /ws/listings`): `filters` are
        `publication_state`, `min_quantity`, `max_quantity`. A 404 or another refusal
        past the first page is an empty last page (section 3: "some error").
        """
        size = max(1, min(page_size, MAX_PAGE_SIZE))
        query = {**(filters or {}), "page": page, "page-size": size}
        try:
            return await self.call(
                access,
                "GET",
                "/ws/listings",
                lambda answer: parse_page(answer, page),
                params=query,
            )
        except (BackMarketNotFoundError, RequestRefusedError):
            if page == 1:
                raise
            return ListingPage()

    async def listing(self, access: Access, listing_id: str) -> Listing | None:
        """Read one listing; None if there is none.

        Back Market API, listings (`GET /ws/listings/{id}`): the id is a UUID or the
        older number. Raises ValueError for an id that cannot be sent.
        """
        path = f"/ws/listings/{_checked(listing_id)}"
        try:
            return await self.call(access, "GET", path, parse_listing)
        except BackMarketNotFoundError:
            return None

    async def listing_by_sku(self, access: Access, sku: str) -> Listing | None:
        """Find a listing by its SKU, in any case; None if there is none.

        Back Market API, listings (`GET /ws/listings/detail?sku=`). Whether it finds a
        SKU in composed characters by decomposed ones is not known.
        """
        try:
            found = await self.call(
                access, "GET", "/ws/listings/detail", parse_found, params={"sku": sku}
            )
        except BackMarketNotFoundError:
            return None
        wanted = same_sku(sku)
        return next(
            (each for each in found if same_sku(each.sku or "") == wanted), None
        )

    async def check(self, access: Access) -> None:
        """Read one listing to check the token; raise if it does not work.

        Back Market API, listings. TokenRefusedError and PermissionRefusedError are
        about the token, the other errors about the connection.
        """
        await self.listings(access, page_size=1)

    async def category_tree(self, access: Access) -> tuple[Category, ...]:
        """Read all categories, labels in the market's language.

        Back Market API, listings ("categories", `GET /ws/category/tree`).
        """
        return await self.call(
            access, "GET", "/ws/category/tree", parse_tree, in_thread=True
        )

    async def call(  # noqa: PLR0913 - the parts of a request, by name
        self,
        access: Access,
        method: str,
        path: str,
        parse: Callable[[object], _T],
        *,
        params: Mapping[str, str | int] | None = None,
        content: bytes | None = None,
        media_type: str = "application/json",
        in_thread: bool = False,
    ) -> _T:
        """Send one request and parse its response with `parse`."""
        request = self._request(access, method, path, params, content)
        if content is not None:
            request.headers["Content-Type"] = media_type
        if access.before_request:
            await access.before_request(method, path)
        secrets = secrets_in(access.token.get_secret_value())
        name = request_name(method, path)
        started, code = time.perf_counter(), None
        with TRACING.call(name):
            try:
                answer = await exchange(self._http, request, secrets)
                if in_thread:
                    return await asyncio.to_thread(parse, answer)
                return parse(answer)
            except BackMarketError as error:
                code = error.code
                error.request = f"{method} {path}"
                if isinstance(error, NotUnderstoodError):
                    error.effect = effect_of(method)
                raise
            finally:
                RECORDER.call(name, time.perf_counter() - started, code)

    def _request(
        self,
        access: Access,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        content: bytes | None,
    ) -> httpx.Request:
        base = self._base_urls.get((access.platform, access.environment))
        if base is None:
            raise NotConfiguredError(
                f"There is no address for {access.platform} {access.environment};"
                " set REFEED_SANDBOX_URL to use the sandbox."
            )
        headers = {
            "Authorization": f"Basic {_sendable(access.token)}",
            "Accept-Language": access.market.locale,
        }
        return self._http.build_request(
            method, base + path, params=params, content=content, headers=headers
        )


def _sendable(token: SecretStr) -> str:
    """Reject a token that an HTTP library would quote in its own error message."""
    written = token.get_secret_value().strip()
    if not _SENDABLE.fullmatch(written):
        raise TokenRefusedError(
            "The token is empty or has characters no token has; copy it again."
        )
    return written


def _checked(listing_id: str) -> str:
    if not _LISTING_ID.fullmatch(listing_id):
        raise ValueError(f"{listing_id[:80]!r} is no listing id")
    return listing_id


def _only_known_by(listing_id: str) -> Listing:
    if listing_id.isdigit():
        return Listing(listing_id=listing_id)
    return Listing(id=listing_id)


@asynccontextmanager
async def open_client(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator[BackMarket]:
    """Open the client of a process; `transport` replaces the network in tests."""
    async with open_http(settings, transport) as http:
        yield BackMarket(http, base_urls(settings))
