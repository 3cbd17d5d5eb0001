"""Control API of the ledger: list, count and clear written lines."""

from dataclasses import dataclass

from starlette.requests import Request

from app.sandbox.control.listings import Json
from app.sandbox.listings import ledger
from app.sandbox.listings.ledger import Ledger, LedgerFilter
from app.sandbox.state import State

DEFAULT_LIMIT = 1000


def switch(text: str | None) -> bool | None:
    return None if text is None else text.lower() in {"true", "1"}


def ledger_filter(request: Request, state: State) -> LedgerFilter:
    query = request.query_params
    reference = query.get("account")
    account = state.accounts.find(reference) if reference else None
    return LedgerFilter(
        account=account.id if account else reference,
        sku=query.get("sku"),
        market=query.get("market"),
        method=query.get("method"),
        task_id=int(query["task"]) if "task" in query else None,
        applied=switch(query.get("applied")),
        changed=switch(query.get("changed")),
        after=int(query.get("after", 0)),
    )


@dataclass(frozen=True, slots=True)
class LedgerControl:
    state: State

    def entries(self, request: Request, _body: Json) -> object:
        limit = int(request.query_params.get("limit", DEFAULT_LIMIT))
        chosen_filter = ledger_filter(request, self.state)
        entries = self.state.ledger.page(chosen_filter, limit)
        return {
            "entries": [entry.as_json() for entry in entries],
            "next_after": entries[-1].number if len(entries) == limit else None,
            "last_number": self.state.ledger.last_number,
        }

    def summary(self, request: Request, _body: Json) -> object:
        chosen_filter = ledger_filter(request, self.state)
        found = ledger.filtered_summary(self.state.ledger, chosen_filter)
        if chosen_filter == LedgerFilter():
            return found | ledger.summary(self.state.ledger)
        return found

    def clear(self, _request: Request, _body: Json) -> object:
        self.state.ledger = Ledger(self.state.options.ledger_limit)
        return {"entries": []}
