"""`/console/settings/accounts`: what the stores of a seller account share."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.console.core.api_client import Json, together
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.core.forms import Form, GivenForm
from app.console.core.visit import CurrentVisit, Visit, with_problem
from app.console.settings.page import show
from app.console.settings.publishing.fields import integer

router = APIRouter(prefix="/settings/accounts", route_class=ConsoleRoute)
LIMITS = ("lines_per_hour", "requests_per_10s")


@router.get("")
async def get_accounts(visit: CurrentVisit, cursor: str | None = None) -> Response:
    accounts, stores = await together(
        visit.api.get("/v1/seller-accounts", cursor=cursor, limit=50),
        visit.api.get("/v1/stores", limit=1000),
    )
    return show(
        *(visit, "accounts.html", "accounts", "Seller accounts"),
        accounts=accounts,
        stores=stores["items"],
    )


@router.get("/{account_id}")
async def get_account(visit: CurrentVisit, account_id: UUID) -> Response:
    return await _show(visit, account_id)


@router.post("/{account_id}")
async def change_account(
    visit: CurrentVisit, account_id: UUID, form: GivenForm
) -> Response:
    """One of two forms: the limits, or what is shared."""
    try:
        body = account_body(form)
        await visit.api.patch(f"/v1/seller-accounts/{account_id}", body)
    except ApiProblem as problem:
        return await _show(visit, account_id, **with_problem(problem, form))
    return visit.redirect(f"/console/settings/accounts/{account_id}", "Saved.")


@router.post("/{account_id}/token")
async def rotate_token(
    visit: CurrentVisit, account_id: UUID, form: GivenForm
) -> Response:
    """The chosen stores keep publishing, with the new token; the others stop."""
    body = {"token": form.text("token"), "store_ids": form.texts("store_ids")}
    try:
        await visit.api.put(f"/v1/seller-accounts/{account_id}/token", body)
    except ApiProblem as problem:
        return await _show(visit, account_id, **with_problem(problem, form))
    return visit.redirect(
        f"/console/settings/accounts/{account_id}", "The token is replaced."
    )


def account_body(form: Form) -> Json:
    """Without a limit the operator's one applies. Pure."""
    if form.text("part") == "limits":
        given = {name: form.text(name) for name in LIMITS}
        return {name: integer(text) if text else None for name, text in given.items()}
    return {
        "shared_quantity": form.optional("shared_quantity"),
        "other_markets": form.optional("other_markets"),
    }


async def _show(visit: Visit, account_id: UUID, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    path = f"/v1/seller-accounts/{account_id}"
    account, budget, stores = await together(
        visit.api.get(path),
        visit.api.get(f"{path}/budget"),
        visit.api.get("/v1/stores", limit=1000),
    )
    form = {name: str(account[name]) for name in (*LIMITS, "shared_quantity")}
    form["other_markets"] = account["other_markets"] or ""
    own = [s for s in stores["items"] if s["seller_account_id"] == str(account_id)]
    return show(
        *(visit, "account.html", "accounts", "Seller account"),
        account=account,
        budget=budget,
        stores=own,
        **({"form": form, "fields": list(form)} | values),
    )
