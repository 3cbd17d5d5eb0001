"""The control API `/_sandbox` for tests and the demo: JSON, no token.

| call | body or query | effect |
| --- | --- | --- |
| GET /_sandbox | | this text |
| GET /_sandbox/summary | | requests by route and status, seconds per route, sizes |
| POST /_sandbox/reset | | deletes all state, restores the initial options |
| GET, PATCH /_sandbox/options | `{"task_ends_after": 0, "limits_on": false}` | read or change options |
| GET /_sandbox/requests | `?limit=` | the newest requests under /ws |
| DELETE /_sandbox/requests | | clears counts, timings and that list |
| GET /_sandbox/accounts | `?token=` | sellers with platform, number of tokens and listings |
| POST /_sandbox/accounts | `{"id": "shop", "platform": "EU", "tokens": ["..."]}` | create one |
| POST /_sandbox/accounts/{account}/tokens | `{"token": "..."}` | add a token |
| POST /_sandbox/tokens/revoke | `{"token": "..."}` | the token is refused with 401 |
| GET /_sandbox/listings | `?account=&sku=&offset=&limit=` | all fields of all markets |
| POST /_sandbox/accounts/{account}/listings | `{"listings": [{"sku": "A1", "quantity": 4, "grade": "GOOD", "title": "...", "product_id": "...", "backmarket_id": 543210, "markets": {"FR": {"price": "99.00", "min_price": "90.00", "publication_state": 2}}}]}` or `{"count": 100000, "prefix": "SEED-", "markets": {"FR": {"price": "99.00"}}}` | seed |
| PATCH /_sandbox/accounts/{account}/listings/{sku} | `{"quantity": 3, "markets": {"FR": {"price": "9.00"}}}` | edit |
| DELETE /_sandbox/accounts/{account}/listings/{sku} | | delete |
| GET /_sandbox/products | `?validated=false&account=&offset=&limit=` | products; `account=` filters by owner |
| POST /_sandbox/products/validate | `{}` or `{"products": ["EAN or id"]}` | validates all, or these |
| GET, PATCH /_sandbox/products/{ean or id} | `{"validated": true, "max_price": 900}` | one product |
| POST /_sandbox/accounts/{account}/orders | `{"country": "FR", "lines": [{"sku": "A1", "quantity": 1}], "state": 1, "order_id": 70000009, "created_at": "2026-02-03T21:58:58Z", "buyer": {"city": "Lyon"}}` | purchase: 201 and lower stock; 409 if not online or sold out; state 0 or 10: unpaid |
| POST /_sandbox/accounts/{account}/orders | `{"count": 1000, "countries": ["FR", "DE"], "states": [1, 3, 9], "line_states": [1, 2, 4], "spacing": 60}` | seed orders without changing stock |
| GET /_sandbox/orders | `?account=&offset=&limit=` | all stored fields, in order of creation |
| GET, PATCH /_sandbox/orders/{id} | `{"state": 3, "date_modification": "...", "orderlines": [{"sku": "A1", "state": 2}]}` | override any field, also with unknown states; the order's state is derived from its lines unless given; unknown names override the response |
| POST /_sandbox/orders/{id}/pay | `{}` or `{"failed": true, "restock": true, "at": "..."}` | state 0 or 10 becomes 1 (paid) or 8 (failed: gone from the list) |
| POST /_sandbox/orders/{id}/cancel | `{"skus": ["A1"], "restock": true, "at": "..."}` | cancels or refunds these or all lines, as Back Market does |
| POST /_sandbox/orders/{id}/settle | | late moves take effect now |
| POST /_sandbox/accounts/{account}/service-cases | `{"order_id": 70000001, "issues": [{"tag": "BATTERY"}]}` | open a case |
| GET /_sandbox/service-cases | `?account=` | all cases |
| PATCH /_sandbox/service-cases/{id} | `{"state": 9, "resolution_choice": "REFUND"}` | change it; other names override the response |
| GET /_sandbox/order-actions | `?account=&order=` | accepted order requests, in order |
| DELETE /_sandbox/order-actions | | clear |
| GET /_sandbox/tasks | `?account=` | every task |
| POST /_sandbox/tasks/{id}/finish | | finish it now, even if stuck |
| GET, POST, DELETE /_sandbox/faults | `{"kind": "bad_gateway", "path": "/ws/tasks/*", "count": 2}` | list, add, clear; clearing sends slow answers at once |
| DELETE /_sandbox/faults/{id} | | remove one |
| GET /_sandbox/ledger | `?account=&sku=&market=&method=&task=&applied=&changed=&after=&limit=` | written lines in order, with the listing before and after; `applied=true&changed=false`: those that changed nothing |
| GET /_sandbox/ledger/summary | the same filters | counts only |
| DELETE /_sandbox/ledger | | clear |

`{account}` and `account=` take an account id or a token. A given publication state holds
until the next write or sale. Kinds of faults, options: docs/reference/sandbox.md.
"""  # noqa: E501  (a table)

from collections.abc import Awaitable, Callable
from json import JSONDecodeError
from typing import cast

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.sandbox.control.ledger import LedgerControl
from app.sandbox.control.listings import ControlError, Json, ListingControl
from app.sandbox.control.order_events import OrderEvents
from app.sandbox.control.orders import OrderControl
from app.sandbox.control.products import ProductControl
from app.sandbox.control.service_cases import ServiceCaseControl
from app.sandbox.control.tasks import TaskControl
from app.sandbox.due import process_due
from app.sandbox.faults import Fault
from app.sandbox.listings import ledger
from app.sandbox.meters import Meters
from app.sandbox.options import SandboxOptions
from app.sandbox.state import State

Handler = Callable[[Request], Awaitable[Response]]
Action = Callable[[Request, Json], object]
DEFAULT_LIMIT = 1000


def control_routes(state: State) -> list[Route]:
    table = [
        *control_calls(Control(state)),
        *ledger_routes(LedgerControl(state)),
        *listing_routes(ListingControl(state)),
        *task_routes(TaskControl(state)),
        *product_routes(ProductControl(state)),
        *order_routes(OrderControl(state)),
        *order_event_routes(OrderEvents(state)),
        *service_case_routes(ServiceCaseControl(state)),
    ]
    return [
        Route("/", show_help),
        *(
            Route(path, handler(state, respond), methods=[method])
            for method, path, respond in table
        ),
    ]


def control_calls(control: "Control") -> list[tuple[str, str, Action]]:
    return [
        ("GET", "/summary", control.summary),
        ("POST", "/reset", control.reset),
        ("GET", "/options", control.options),
        ("PATCH", "/options", control.patch_options),
        ("GET", "/requests", control.requests),
        ("DELETE", "/requests", control.delete_requests),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.add_fault),
        ("DELETE", "/faults", control.clear_faults),
        ("DELETE", "/faults/{id:int}", control.remove_fault),
    ]


def ledger_routes(ledger: LedgerControl) -> list[tuple[str, str, Action]]:
    return [
        ("GET", "/ledger", ledger.entries),
        ("GET", "/ledger/summary", ledger.summary),
        ("DELETE", "/ledger", ledger.clear),
    ]


def listing_routes(listings: ListingControl) -> list[tuple[str, str, Action]]:
    return [
        ("GET", "/accounts", listings.accounts),
        ("POST", "/accounts", listings.open_account),
        ("POST", "/accounts/{account}/tokens", listings.allow_token),
        ("POST", "/tokens/revoke", listings.revoke_token),
        ("GET", "/listings", listings.listings),
        ("POST", "/accounts/{account}/listings", listings.seed),
        ("PATCH", "/accounts/{account}/listings/{sku:path}", listings.edit),
        ("DELETE", "/accounts/{account}/listings/{sku:path}", listings.remove),
    ]


def task_routes(tasks: TaskControl) -> list[tuple[str, str, Action]]:
    return [
        ("GET", "/tasks", tasks.tasks),
        ("POST", "/tasks/{id:int}/finish", tasks.finish_task),
    ]


def product_routes(products: ProductControl) -> list[tuple[str, str, Action]]:
    return [
        ("GET", "/products", products.products),
        ("POST", "/products/validate", products.validate),
        ("GET", "/products/{reference}", products.product),
        ("PATCH", "/products/{reference}", products.edit),
    ]


def service_case_routes(
    cases: ServiceCaseControl,
) -> list[tuple[str, str, Action]]:
    return [
        ("POST", "/accounts/{account}/service-cases", cases.open),
        ("GET", "/service-cases", cases.cases),
        ("PATCH", "/service-cases/{id:int}", cases.edit),
    ]


def order_routes(orders: OrderControl) -> list[tuple[str, str, Action]]:
    return [
        ("POST", "/accounts/{account}/orders", orders.place),
        ("GET", "/orders", orders.orders),
        ("GET", "/orders/{id:int}", orders.one),
        ("PATCH", "/orders/{id:int}", orders.edit),
        ("GET", "/order-actions", orders.actions),
        ("DELETE", "/order-actions", orders.delete_actions),
    ]


def order_event_routes(events: OrderEvents) -> list[tuple[str, str, Action]]:
    return [
        ("POST", "/orders/{id:int}/pay", events.pay),
        ("POST", "/orders/{id:int}/cancel", events.cancel),
        ("POST", "/orders/{id:int}/settle", events.settle),
    ]


async def show_help(_request: Request) -> Response:
    return PlainTextResponse(__doc__ or "")


def handler(state: State, respond: Action) -> Handler:
    """Parse the body, process due tasks, call the handler; invalid input is 422."""

    async def handle(request: Request) -> Response:
        try:
            body = await request.json() if await request.body() else {}
            process_due(state)
            found = respond(request, cast("Json", body))
            return found if isinstance(found, Response) else JSONResponse(found)
        except ControlError as error:
            return JSONResponse({"error": str(error)}, error.status)
        except (ValidationError, JSONDecodeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        except (
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
        ) as error:
            return JSONResponse({"error": f"invalid body: {error!r}"}, 422)

    return handle


class Control:
    """Handlers for options, faults and requests."""

    def __init__(self, state: State) -> None:
        self.state = state

    def summary(self, _request: Request, _body: Json) -> object:
        state = self.state
        accounts = state.accounts.by_id.values()
        return {
            **state.meters.summary(),
            "accounts": len(accounts),
            "listings": sum(len(account.listings) for account in accounts),
            "products": len(state.catalog.by_product_id),
            "tasks": len(state.tasks.by_id),
            "tasks_waiting": len(state.tasks.waiting),
            "orders": len(state.orders.by_id),
            "order_actions": state.actions.last_number,
            "ledger": ledger.summary(state.ledger),
        }

    def reset(self, _request: Request, _body: Json) -> object:
        self.state.reset()
        return {"reset": True}

    def options(self, _request: Request, _body: Json) -> object:
        return self.state.options.model_dump(mode="json")

    def patch_options(self, request: Request, body: Json) -> object:
        merged = self.state.options.model_dump() | body
        self.state.patch_options(SandboxOptions.model_validate(merged))
        return self.options(request, body)

    def requests(self, request: Request, _body: Json) -> object:
        requests = list(self.state.meters.requests)
        return {
            "requests": requests[
                -int(request.query_params.get("limit", DEFAULT_LIMIT)) :
            ]
        }

    def delete_requests(self, _request: Request, _body: Json) -> object:
        self.state.meters = Meters(self.state.options.request_log_limit)
        return {"requests": []}

    def faults(self, _request: Request, _body: Json) -> object:
        rules = self.state.faults.rules
        return {"faults": [rule.model_dump(mode="json") for rule in rules]}

    def add_fault(self, _request: Request, body: Json) -> object:
        fault = Fault.model_validate(body)
        if fault.account and (account := self.state.accounts.find(fault.account)):
            fault.account = account.id
        return self.state.faults.add(fault).model_dump(mode="json")

    def clear_faults(self, request: Request, body: Json) -> object:
        self.state.faults.clear()
        return self.faults(request, body)

    def remove_fault(self, request: Request, body: Json) -> object:
        if not self.state.faults.remove(request.path_params["id"]):
            raise ControlError("no such fault", 404)
        return self.faults(request, body)
