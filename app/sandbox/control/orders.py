"""The tester's hand on orders: buy, seed, pay, force, and read what was done."""

from dataclasses import dataclass
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.sandbox.accounts import Account
from app.sandbox.control.listings import CannotError, Json
from app.sandbox.dates import moment_of
from app.sandbox.gc_pause import growing
from app.sandbox.markets import MARKETS, Market
from app.sandbox.orders.order_model import (
    LINE_MONEY,
    LINE_NOT_PAID,
    LINE_PAID,
    NOT_PAID,
    PAID,
    UNPAID,
    Order,
    OrderLine,
    order_state,
)
from app.sandbox.orders.views import raw
from app.sandbox.purchases.buying import Crowd, SoldOutError, Wish, buy, seed
from app.sandbox.state import World

MANY = 100
UNFORCED = ("order_id", "account_id", "orderlines", "overrides", "id", "sku")
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
        raise CannotError(f"country must be one of {', '.join(MARKETS)}")
    return market


def force(thing: Order | OrderLine, wanted: Json) -> None:
    """Set kept fields; any other name, or an odd value, replaces what is shown."""
    for name, value in wanted.items():
        if name in UNFORCED:
            continue
        thing.overrides.pop(name, None)
        if name in DATES:
            setattr(thing, name, None if value is None else moment_of(value))
        elif name in LINE_MONEY:
            setattr(thing, name, Decimal(str(value)))
        elif fits(getattr(thing, name, Nobody), value):
            setattr(thing, name, value)
        else:
            thing.overrides[name] = value


class Nobody:
    """Stands for a field that is not kept."""


def fits(present: object, value: object) -> bool:
    return present is not Nobody and (present is None or type(value) is type(present))


@dataclass(frozen=True, slots=True)
class OrderControl:
    world: World

    def account(self, reference: str) -> Account:
        account = self.world.accounts.find(reference)
        if account is None:
            raise CannotError(f"no account {reference!r}", 404)
        return account

    def order(self, request: Request) -> Order:
        order = self.world.orders.by_id.get(request.path_params["id"])
        if order is None:
            raise CannotError("no such order", 404)
        return order

    def place(self, request: Request, body: Json) -> object:
        account = self.account(request.path_params["account"])
        found = self.seed(account, body) if "count" in body else self.buy(account, body)
        self.world.touch()
        return JSONResponse(found, 201)

    def buy(self, account: Account, body: Json) -> object:
        order_id = body.get("order_id")
        if order_id is not None and int(order_id) in self.world.orders.by_id:
            raise CannotError(f"order {order_id} exists", 409)
        created_at = body.get("created_at")
        wish = Wish(
            account,
            market_of(body["country"]),
            int(body.get("state", PAID)),
            self.world.clock() if created_at is None else moment_of(created_at),
            None if order_id is None else int(order_id),
            body.get("buyer"),
        )
        basket = [(one["sku"], int(one.get("quantity", 1))) for one in body["lines"]]
        if not basket or any(quantity < 1 for _, quantity in basket):
            raise CannotError("lines must hold at least one, quantities from 1")
        try:
            return raw(buy(self.world, wish, basket))
        except SoldOutError as error:
            raise CannotError(str(error), 409) from None

    def seed(self, account: Account, body: Json) -> object:
        crowd = Crowd(
            account,
            int(body["count"]),
            [market_of(code) for code in body.get("countries") or ["FR"]],
            [int(state) for state in body.get("states") or [body.get("state", PAID)]],
            float(body.get("spacing", 60)),
        )
        with growing():
            orders = seed(self.world, crowd)
        numbers = [order.order_id for order in orders]
        return {
            "seeded": len(orders),
            "first_order_id": numbers[0] if numbers else None,
            "last_order_id": numbers[-1] if numbers else None,
        }

    def orders(self, request: Request, _body: Json) -> object:
        query = request.query_params
        start, size = int(query.get("offset", 0)), int(query.get("limit", MANY))
        found = list(self.world.orders.by_id.values())
        if reference := query.get("account"):
            found = self.world.orders.by_account.get(self.account(reference).id, [])
        return {
            "count": len(found),
            "orders": [raw(order) for order in found[start : start + size]],
        }

    def one(self, request: Request, _body: Json) -> object:
        return raw(self.order(request))

    def edit(self, request: Request, body: Json) -> object:
        """Lines by id or SKU; the order's state follows them unless it is given."""
        order = self.order(request)
        lines = [(self.line(order, one), one) for one in body.get("orderlines", ())]
        self.world.orders.changed(order, self.world.clock())
        for line, wanted in lines:
            force(line, wanted)
        states = [one.state for one in order.orderlines]
        if any("state" in wanted for _, wanted in lines):
            order.state = order_state(states, order.state)
        force(order, body)
        self.world.touch()
        return raw(order)

    def line(self, order: Order, wanted: Json) -> OrderLine:
        for line in order.orderlines:
            if wanted.get("id") == line.id or wanted.get("sku") == line.listing:
                return line
        raise CannotError("orderlines need the id or sku of a line of this order")

    def pay(self, request: Request, body: Json) -> object:
        """The buyer's money came, or with `{"failed": true}` it never will."""
        order = self.order(request)
        if order.state not in UNPAID:
            raise CannotError(f"order is in state {order.state}, not 0 or 10", 409)
        failed, now = bool(body.get("failed")), self.world.clock()
        for line in order.orderlines:
            line.state = LINE_NOT_PAID if failed else LINE_PAID
        order.state = NOT_PAID if failed else PAID
        order.date_payment = None if failed else now
        self.world.orders.changed(order, now)
        self.world.touch()
        return raw(order)

    def actions(self, request: Request, _body: Json) -> object:
        query = request.query_params
        reference = query.get("account")
        account = self.account(reference).id if reference else None
        order_id = int(query["order"]) if "order" in query else None
        return {
            "actions": self.world.actions.of(account, order_id),
            "last_number": self.world.actions.last_number,
        }

    def forget_actions(self, request: Request, body: Json) -> object:
        self.world.actions.clear()
        return self.actions(request, body)
