"""GET /ws/sav: lists cases of the after-sales service (Back Market, after-sales)."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from app.sandbox import dates, envelopes
from app.sandbox.api import pages
from app.sandbox.api.request import ApiRequest, not_found
from app.sandbox.envelopes import RefusedError
from app.sandbox.limits import Limit, try_consume
from app.sandbox.service_cases import ServiceCase

PAGE_SIZE = 10
MINUTE, DAY = 60, 86_400
_MINUTES = re.compile(r"\d{4}(-\d\d){4}", re.ASCII)


def list_cases(request: ApiRequest) -> Response:
    check_limits(request)
    page = pages.requested_page(
        request.integer("page"), PAGE_SIZE, request.state.options
    )
    if page is None:
        return envelopes.v1(400, "invalid", "Pages start at 1")
    wanted = filter_of(request)
    every = request.state.service_cases.of(request.account.id)
    found = [one for one in every if wanted.matches(one)]
    if pages.is_past_the_end(page, len(found)):
        return not_found("Page")
    current = found[page.start : page.start + page.size]
    return JSONResponse(
        {
            "count": len(found),
            **pages.links(request.url, request.query, page, len(found)),
            "results": [shown(request, one) for one in current],
        }
    )


def check_limits(request: ApiRequest) -> None:
    """Throttled as JSON with E008 (Back Market, rate limits)."""
    options, now = request.state.options, request.state.clock()
    if not options.limits_on:
        return
    limits = {
        "cases a minute": Limit(options.service_cases_per_minute, MINUTE),
        "cases a day": Limit(options.service_cases_per_day, DAY),
    }
    for name, limit in limits.items():
        if not try_consume(request.state.usage(request.account, name), limit, now):
            raise RefusedError(envelopes.v1(429, "E008", "Request was throttled"))


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """The filters of the list (Back Market, after-sales)."""

    last_id: int | None
    state: int | None
    line: int | None
    modified: float | None
    messaged: float | None

    def matches(self, case: ServiceCase) -> bool:
        return (
            (self.last_id is None or case.id > self.last_id)
            and self.state in {None, case.state}
            and self.line in {None, case.orderline}
            and (self.modified is None or case.date_modification >= self.modified)
            and (
                self.messaged is None or (case.date_last_message or 0) >= self.messaged
            )
        )


def filter_of(request: ApiRequest) -> CaseFilter:
    return CaseFilter(
        request.integer("last_id"),
        request.integer("state"),
        request.integer("orderline"),
        minutes(request, "last_modification_date"),
        minutes(request, "last_message_date"),
    )


def minutes(request: ApiRequest, name: str) -> float | None:
    """A filter such as `2026-02-03-21-58`."""
    raw = request.query.get(name, "").strip()
    if not raw:
        return None
    with suppress(ValueError):
        if _MINUTES.fullmatch(raw):
            moment = datetime.strptime(f"{raw}+0000", "%Y-%m-%d-%H-%M%z")
            return moment.timestamp()
    message = f"Parameter {name} must be YYYY-MM-DD-hh-mm"
    raise RefusedError(envelopes.v1(400, "invalid", message))


def shown(request: ApiRequest, case: ServiceCase) -> dict[str, Any]:
    def moment(at: float | None) -> str | None:
        return None if at is None else dates.format_moment(at, request.market)

    claim = {
        "issues": case.issues,
        "state": case.state,
        "resolution_choice": case.resolution_choice,
        "return_labels": [],
    }
    return {
        "id": case.id,
        "client": {"name": case.client},
        "merchant": request.account.id,
        "orderline": case.orderline,
        "date_creation": moment(case.date_creation),
        "date_modification": moment(case.date_modification),
        "date_last_message": moment(case.date_last_message),
        "date_closed": moment(case.date_closed),
        "state": case.state,
        "lines": [claim],
        "country_code": case.country_code,
        "backcare": False,
        **case.overrides,
    }
