"""`/v1/api-keys`: issues, lists and revokes API keys."""

from uuid import UUID

from fastapi import APIRouter, status

from app.access import event_tokens, service
from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import Admin, CurrentSettings, CurrentVault, Reader
from app.access.schemas import (
    ApiKeyIn,
    ApiKeyIssued,
    ApiKeyOut,
    CurrentKeyOut,
    EventTokenIssued,
    api_key_out,
    current_key_out,
)
from app.core.columns import utc_now
from app.core.errors import FieldError, InvalidError, problem_responses
from app.database import Tx
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of

router = APIRouter(prefix="/v1/api-keys", tags=["access"], route_class=RecordedRoute)
token_router = APIRouter(
    prefix="/v1/event-tokens", tags=["access"], route_class=RecordedRoute
)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Issue an API key",
    responses=problem_responses(400),
)
async def create_api_key(
    body: ApiKeyIn, tx: Tx, caller: Admin, vault: CurrentVault
) -> ApiKeyIssued:
    """The key is only in this response and cannot be read again."""
    if body.scope == "admin" and body.store_ids is not None:
        message = "An admin key is valid for every store."
        raise InvalidError(
            message,
            errors=[FieldError("store_ids", "not_for_admin", message, "null")],
        )
    row, key = await service.issue(
        tx.session,
        vault,
        name=body.name,
        scope=body.scope,
        store_ids=body.store_ids,
        expires_at=body.expires_at,
    )
    await audit.record(
        tx.session,
        caller,
        AuditAction.API_KEY_ISSUED,
        Subject(row.id),
        after=body.model_dump(mode="json"),
    )
    return ApiKeyIssued(**api_key_out(row).model_dump(), key=key)


@router.get("", summary="List API keys")
async def list_api_keys(
    tx: Tx, _: Admin, cursor: Cursor = None, limit: Limit = 100
) -> Page[ApiKeyOut]:
    rows = await service.list_keys(tx.session, decode_uuid(cursor), limit)
    return page_of(rows, limit, api_key_out, lambda row: (row.id,))


@router.get("/current", summary="Read what this API key may do")
async def get_current_api_key(tx: Tx, caller: Reader) -> CurrentKeyOut:
    row = await service.key_of(tx.session, caller)
    return current_key_out(caller, row)


@router.delete(
    "/{key_id}", status_code=status.HTTP_204_NO_CONTENT, summary="Revoke an API key"
)
async def revoke_api_key(key_id: UUID, tx: Tx, caller: Admin) -> None:
    if await service.revoke(tx.session, key_id):
        await audit.record(
            tx.session, caller, AuditAction.API_KEY_REVOKED, Subject(key_id)
        )


@token_router.post(
    "", status_code=status.HTTP_201_CREATED, summary="Issue a token for event streams"
)
async def create_event_token(
    _: Tx, caller: Reader, vault: CurrentVault, settings: CurrentSettings
) -> EventTokenIssued:
    """For browsers, whose `EventSource` cannot send a header: `?access_token=`.

    It opens event streams and nothing else, for five minutes and as long as the key is
    valid. A stream that is open when the token expires goes on.
    """
    token, expires_at = event_tokens.issue(vault, settings.admin_key, caller, utc_now())
    return EventTokenIssued(token=token, expires_at=expires_at)
