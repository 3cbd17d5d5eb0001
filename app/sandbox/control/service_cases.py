"""Control API of the after-sales service: open cases, change and list them."""

from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse

from app.sandbox.control.listings import ControlError, Json, account_of
from app.sandbox.dates import to_timestamp
from app.sandbox.markets import MARKETS
from app.sandbox.service_cases import ServiceCase
from app.sandbox.state import State

DATES = ("date_creation", "date_modification", "date_last_message", "date_closed")
FIELDS = ("state", "issues", "resolution_choice", "client", "country_code")


@dataclass(frozen=True, slots=True)
class ServiceCaseControl:
    state: State

    def open(self, request: Request, body: Json) -> object:
        """Open a case about the first line of an order."""
        account = account_of(self.state, request.path_params["account"])
        order = self.state.orders.by_id.get(int(body["order_id"]))
        if order is None or order.account_id != account.id:
            raise ControlError("no such order", 404)
        now = self.state.clock()
        case = ServiceCase(
            id=int(body.get("id") or self.state.service_cases.next_case()),
            account_id=account.id,
            order_id=order.order_id,
            orderline=int(body.get("orderline", order.orderlines[0].id)),
            country_code=MARKETS[order.market].locale,
            date_creation=now,
            date_modification=now,
            issues=body.get("issues", [{"customerIssue": "Battery", "tag": "BATTERY"}]),
        )
        self.state.service_cases.add(case)
        self.state.touch()
        return JSONResponse(asdict(case), 201)

    def edit(self, request: Request, body: Json) -> object:
        """Set fields; other names override the response. It counts as a change."""
        case = self.state.service_cases.by_id.get(request.path_params["id"])
        if case is None:
            raise ControlError("no such case", 404)
        case.date_modification = self.state.clock()
        for name, value in body.items():
            if name in DATES:
                setattr(case, name, None if value is None else to_timestamp(value))
            elif name in FIELDS:
                setattr(case, name, value)
            else:
                case.overrides[name] = value
        self.state.touch()
        return asdict(case)

    def cases(self, request: Request, _body: Json) -> object:
        reference = request.query_params.get("account")
        found = list(self.state.service_cases.by_id.values())
        if reference:
            account = account_of(self.state, reference)
            found = self.state.service_cases.of(account.id)
        return {"cases": [asdict(case) for case in found]}
