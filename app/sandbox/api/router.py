"""Routes requests under `/ws`: faults, headers, token, limits, then the handler."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.sandbox import envelopes, faults
from app.sandbox.accounts import Account, TokenRefusedError, fingerprint, token_in
from app.sandbox.api import listing_routes, order_routes
from app.sandbox.api.altering import alter
from app.sandbox.api.batch_routes import post_batch
from app.sandbox.api.competitor_routes import list_competitors
from app.sandbox.api.request import ApiRequest
from app.sandbox.api.service_case_routes import list_cases
from app.sandbox.due import process_due
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import ConnectionDroppedError, FaultContext
from app.sandbox.limits import Limit, try_consume
from app.sandbox.markets import BY_LOCALE, Market, UnknownLocaleError, market_of
from app.sandbox.meters import RequestRecord
from app.sandbox.state import State

Sleep = Callable[[float], Awaitable[None]]
ABORT = "sandbox.abort"
UNROUTED = "unrouted"


@dataclass(frozen=True, slots=True)
class Route:
    """`label` identifies the route in limits, counts and timings.

    `error` makes the body of 401 and 403; that of competitors is not documented.
    """

    method: str
    template: str
    handler: Callable[[ApiRequest], Response]
    error: Callable[[int, str, str], Response] = envelopes.v1

    @property
    def label(self) -> str:
        return f"{self.method} {self.template}"

    def match(self, path: str) -> re.Match[str] | None:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.template)
        return re.fullmatch(pattern, path)


ROUTES = (
    Route("GET", "/ws/listings", listing_routes.list_listings),
    Route("POST", "/ws/listings", post_batch),
    Route("GET", "/ws/listings/detail", listing_routes.find_listing),
    Route("GET", "/ws/listings/{id}", listing_routes.get_listing),
    Route("POST", "/ws/listings/{id}", listing_routes.update_listing),
    Route("GET", "/ws/tasks/{id}", listing_routes.get_task),
    Route("GET", "/ws/orders", order_routes.list_orders),
    Route("GET", "/ws/orders/{id}", order_routes.get_order),
    Route("POST", "/ws/orders/{id}", order_routes.move_order),
    Route("POST", "/ws/orders/{id}/invoice", order_routes.take_invoice),
    Route("PATCH", "/ws/orderlines/{id}", order_routes.identify_line),
    Route("GET", "/ws/sav", list_cases),
    Route(
        "GET",
        "/ws/backbox/v1/competitors/{id}",
        list_competitors,
        error=envelopes.empty,
    ),
    Route("GET", "/ws/category/tree", listing_routes.category_tree),
    Route("GET", "/ws/category/tree/{id}", listing_routes.category_branch),
)


class AppRouter:
    """An ASGI app for everything under `/ws`."""

    def __init__(self, state: State, sleep: Sleep = asyncio.sleep) -> None:
        self.state = state
        self.sleep = sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        # The slash at the end is optional (Back Market, general).
        path = request.url.path.rstrip("/")
        route = route_of(request.method, path)
        label = route.label if route else f"{request.method} {UNROUTED}"
        record = self.record(request, path)
        try:
            response = await self.answer(request, path, route, record)
        except ConnectionDroppedError:
            self.state.meters.add(record, label, None)
            await drop_connection(scope, receive)
            return
        self.state.meters.add(record, label, response.status_code)
        await response(scope, receive, send)

    def record(self, request: Request, path: str) -> RequestRecord:
        headers = request.headers
        return RequestRecord(
            self.state.clock(),
            request.method,
            path,
            request.url.query,
            self.known_account(headers.get("authorization")),
            headers.get("accept-language"),
            headers.get("user-agent"),
        )

    def known_account(self, authorization: str | None) -> str | None:
        try:
            key = fingerprint(token_in(authorization))
        except TokenRefusedError:
            return None
        account = self.state.accounts.by_token.get(key)
        return account.id if account else None

    async def answer(
        self, request: Request, path: str, route: Route | None, record: RequestRecord
    ) -> Response:
        body = await request.body()
        context = FaultContext(request.method, path, record.account)
        take = self.state.faults.take
        slow = take(faults.SLOW, context)
        if fault := take(faults.REPLACING, context):
            response = faults.response_for(fault)
        else:
            started = perf_counter()
            response = self.handle(request, path, route, body)
            seconds = perf_counter() - started
            self.state.meters.time(route.label if route else UNROUTED, seconds)
            response = alter(response, self.state.faults, context)
        if slow:
            # The delay follows the effect: a client timeout does not undo it.
            await self.state.faults.delay(self.sleep(slow.seconds))
        if response.status_code < 400 and (  # noqa: PLR2004  (any success)
            fault := take(faults.AFTER_HANDLING, context)
        ):
            return faults.response_for(fault)
        return response

    def handle(
        self, request: Request, path: str, route: Route | None, body: bytes
    ) -> Response:
        """Handle a request without awaiting, so that requests do not interleave."""
        process_due(self.state)
        if route is None:
            if any(other.match(path) for other in ROUTES):
                return envelopes.v1(405, "method_not_allowed", "Method not allowed")
            return envelopes.not_found_page()
        try:
            account, market = self.authenticate(request, route)
            found = route.match(path)
            return route.handler(
                ApiRequest(
                    state=self.state,
                    account=account,
                    market=market,
                    method=request.method,
                    path=path,
                    url=str(request.url.replace(query="", path=path)).rstrip("?"),
                    params=found.groupdict() if found else {},
                    query=request.query_params,
                    body=body,
                    content_type=request.headers.get("content-type", ""),
                )
            )
        except RefusedError as refused:
            return refused.response

    def authenticate(self, request: Request, route: Route) -> tuple[Account, Market]:
        """Back Market, authentication: one platform per account and token."""
        options = self.state.options
        headers = request.headers
        locale = headers.get("accept-language")
        if options.strict_headers and not (locale and headers.get("user-agent")):
            message = "User-Agent and Accept-Language are mandatory"
            raise RefusedError(route.error(403, "missing_header", message))
        try:
            token = token_in(headers.get("authorization"))
            account = self.state.accounts.open(
                token, accept_unknown=options.accept_unknown_tokens
            )
        except TokenRefusedError:
            raise RefusedError(
                route.error(401, "unauthorized", "Invalid token")
            ) from None
        self.check_limits(account, route)
        market = self.market(account, locale, route)
        if account.platform is None:
            account.platform = market.platform
            self.state.touch()
        return account, market

    def market(self, account: Account, locale: str | None, route: Route) -> Market:
        options = self.state.options
        try:
            market = market_of(locale, account.platform or options.default_platform)
        except UnknownLocaleError as error:
            message = f"Unknown locale {error}, expected one of {', '.join(BY_LOCALE)}"
            refusal = envelopes.v1(400, "invalid_locale", message)
            raise RefusedError(refusal) from None
        if account.platform not in (None, market.platform):
            message = f"This token is not valid for {market.code}"
            raise RefusedError(route.error(401, "unauthorized", message))
        return market

    def check_limits(self, account: Account, route: Route) -> None:
        """Back Market, rate limits: 200 in 10 s, 20 on sensitive routes."""
        options, now = self.state.options, self.state.clock()
        if not options.limits_on:
            return
        window, block = options.window_seconds, options.block_seconds
        limits = {"requests": options.requests_per_window}
        if route.label in options.sensitive_routes:
            limits["sensitive"] = options.sensitive_requests_per_window
        for name, maximum in limits.items():
            usage = self.state.usage(account, name)
            if not try_consume(usage, Limit(maximum, window, block), now):
                raise RefusedError(envelopes.html(429, "", "Too Many Requests"))


def route_of(method: str, path: str) -> Route | None:
    for route in ROUTES:
        if route.method == method and route.match(path):
            return route
    return None


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection without a response, if the server supports it."""
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise ConnectionDroppedError
    abort["abort"]()
    while (await receive())["type"] != "http.disconnect":
        pass
