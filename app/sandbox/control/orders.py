"""Control API of orders: purchase, seed, pay, override fields, list actions."""

from dataclasses import dataclass
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.sandbox.accounts import Account
from app.sandbox.control.listings import ControlError, Json, account_of
from app.sandbox.dates import to_timestamp
from app.sandbox.gc_pause import gc_paused
from app.sandbox.markets import MARKETS, Market
from app.sandbox.orders.order_model import (
    LINE_MONEY,
    PAID,
    Order,
    OrderLine,
    order_state,
)
from app.sandbox.orders.views import raw
from app.sandbox.purchases.buying import (
    OrderSeries,
    PurchaseRequest,
    SoldOutError,
    buy,
    seed_orders,
)
from app.sandbox.state import State

DEFAULT_LIMIT = 100
FIXED_FIELDS = (
    "order_id",
    "account_id",
    "orderlines",
    "late_moves",
    "overrides",
    "id",
    "sku",
)
DATES = (
    "date_creation",
    "date_modification",
    "date_payment",
    "date_shipping",
    "date_bill_provided",
    "surfaced",
)


def market_of(code: object) -> Market:
    market = MARKETS.get(str(code).upper())
    if market is None:
        raise ControlError(f"country must be one of {', '.join(MARKETS)}")
    return market


def order_of(state: State, request: Request) -> Order:
    order = state.orders.by_id.get(request.path_params["id"])
    if order is None:
        raise ControlError("no such order", 404)
    return order


def override_fields(thing: Order | OrderLine, fields: Json) -> None:
    """Set stored fields; other names and types override the response."""
    for name, value in fields.items():
        if name in FIXED_FIELDS:
            continue
        thing.overrides.pop(name, None)
        if name in DATES:
            setattr(thing, name, None if value is None else to_timestamp(value))
        elif name in LINE_MONEY:
            setattr(thing, name, Decimal(str(value)))
        elif fits(getattr(thing, name, Missing), value):
            setattr(thing, name, value)
        else:
            thing.overrides[name] = value


class Missing:
    """Marks a field that is not stored."""


def fits(present: object, value: object) -> bool:
    return present is not Missing and (present is None or type(value) is type(present))


@dataclass(frozen=True, slots=True)
class OrderControl:
    state: State

    def place(self, request: Request, body: Json) -> object:
        account = account_of(self.state, request.path_params["account"])
        found = self.seed(account, body) if "count" in body else self.buy(account, body)
        self.state.touch()
        return JSONResponse(found, 201)

    def buy(self, account: Account, body: Json) -> object:
        order_id = body.get("order_id")
        if order_id is not None and int(order_id) in self.state.orders.by_id:
            raise ControlError(f"order {order_id} exists", 409)
        created_at = body.get("created_at")
        request = PurchaseRequest(
            account,
            market_of(body["country"]),
            int(body.get("state", PAID)),
            self.state.clock() if created_at is None else to_timestamp(created_at),
            None if order_id is None else int(order_id),
            body.get("buyer"),
        )
        basket = [(one["sku"], int(one.get("quantity", 1))) for one in body["lines"]]
        if not basket or any(quantity < 1 for _, quantity in basket):
            raise ControlError(
                "lines must have at least one entry, with quantities from 1"
            )
        try:
            return raw(buy(self.state, request, basket))
        except SoldOutError as error:
            raise ControlError(str(error), 409) from None

    def seed(self, account: Account, body: Json) -> object:
        series = OrderSeries(
            account,
            int(body["count"]),
            [market_of(code) for code in body.get("countries") or ["FR"]],
            [int(state) for state in body.get("states") or [body.get("state", PAID)]],
            float(body.get("spacing", 60)),
            [int(state) for state in body.get("line_states", ())],
        )
        with gc_paused():
            orders = seed_orders(self.state, series)
        numbers = [order.order_id for order in orders]
        return {
            "seeded": len(orders),
            "first_order_id": numbers[0] if numbers else None,
            "last_order_id": numbers[-1] if numbers else None,
        }

    def orders(self, request: Request, _body: Json) -> object:
        query = request.query_params
        start, size = (
            int(query.get("offset", 0)),
            int(query.get("limit", DEFAULT_LIMIT)),
        )
        found = list(self.state.orders.by_id.values())
        if reference := query.get("account"):
            found = self.state.orders.by_account.get(
                account_of(self.state, reference).id, []
            )
        return {
            "count": len(found),
            "orders": [raw(order) for order in found[start : start + size]],
        }

    def one(self, request: Request, _body: Json) -> object:
        return raw(order_of(self.state, request))

    def edit(self, request: Request, body: Json) -> object:
        """Override fields of an order and its lines (by id or SKU).

        The order's state is derived from its lines unless it is given.
        """
        order = order_of(self.state, request)
        lines = [(self.line(order, one), one) for one in body.get("orderlines", ())]
        self.state.orders.changed(order, self.state.clock())
        for line, fields in lines:
            override_fields(line, fields)
        states = [one.state for one in order.orderlines]
        if any("state" in fields for _, fields in lines):
            order.state = order_state(states, order.state)
        override_fields(order, body)
        self.state.touch()
        return raw(order)

    def line(self, order: Order, fields: Json) -> OrderLine:
        for line in order.orderlines:
            if fields.get("id") == line.id or fields.get("sku") == line.listing:
                return line
        raise ControlError("orderlines need the id or sku of a line of this order")

    def actions(self, request: Request, _body: Json) -> object:
        query = request.query_params
        reference = query.get("account")
        account = account_of(self.state, reference).id if reference else None
        order_id = int(query["order"]) if "order" in query else None
        return {
            "actions": self.state.actions.of(account, order_id),
            "last_number": self.state.actions.last_number,
        }

    def delete_actions(self, request: Request, body: Json) -> object:
        self.state.actions.clear()
        return self.actions(request, body)
