"""`/v1/hooks/stores/{id}/publish` and the secrets that sign it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, status
from starlette.requests import ClientDisconnect

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import (
    CurrentDatabase,
    CurrentSettings,
    CurrentVault,
    Writer,
)
from app.core.errors import BadBodyError, TooLargeError, problem_responses
from app.database import Tx
from app.hooks import service
from app.hooks.schemas import HookIn, HookOut, HookSecretIssued, HookSecretOut
from app.hooks.signature import SignedHeaders
from app.stores.dependencies import StoreToChange, StoreToRead
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.responses import ACCEPTED

router = APIRouter(prefix="/v1/hooks", tags=["webhooks in"], route_class=RecordedRoute)
secret_router = APIRouter(
    prefix="/v1/stores", tags=["webhooks in"], route_class=RecordedRoute
)

MAX_BYTES = 256 * 1024
HOOK_BODY = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": HookIn.model_json_schema(),
                "example": {"skus": ["IP12-64-A"]},
            }
        },
    }
}
SignatureHeader = Annotated[
    str | None, Header(description="header of Standard Webhooks")
]


@router.post(
    "/stores/{store_id}/publish",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Publish the differences, requested by a signed webhook",
    responses=ACCEPTED | problem_responses(409, 413),
    openapi_extra=HOOK_BODY,
)
async def receive_publish_hook(
    store_id: UUID,
    request: Request,
    response: Response,
    database: CurrentDatabase,
    settings: CurrentSettings,
    vault: CurrentVault,
    webhook_id: SignatureHeader = None,
    webhook_timestamp: SignatureHeader = None,
    webhook_signature: SignatureHeader = None,
) -> HookOut:
    """Standard Webhooks signature, no API key. Webhooks are debounced to one run.

    A repeated `webhook-id` gets the same response and starts no run (idempotent).
    """
    headers = SignedHeaders(webhook_id, webhook_timestamp, webhook_signature)
    service.check_headers(headers)
    body = await _raw_body(request)
    await service.check_signature(database, vault, store_id, headers, body)
    assert webhook_id is not None  # noqa: S101 - checked with the headers
    async with database.transaction() as tx:
        publication_id = await service.take(
            tx, store_id, webhook_id, body, settings.hook_debounce
        )
    response.headers["Location"] = f"/v1/publications/{publication_id}"
    response.headers["Retry-After"] = "2"
    return HookOut(publication_id=publication_id)


async def _raw_body(request: Request) -> bytes:
    """The signed bytes. Raises TooLargeError, BadBodyError."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > MAX_BYTES:
                raise TooLargeError(
                    f"A webhook has at most {MAX_BYTES} bytes.", accepted=MAX_BYTES
                )
    except ClientDisconnect as error:
        raise BadBodyError("The body ended early.") from error
    return bytes(body)


@secret_router.post(
    "/{store_id}/hook-secret",
    status_code=status.HTTP_201_CREATED,
    summary="Create or rotate the webhook secret",
    responses=problem_responses(412),
)
async def rotate_hook_secret(
    store: StoreToChange,
    tx: Tx,
    caller: Writer,
    vault: CurrentVault,
    settings: CurrentSettings,
) -> HookSecretIssued:
    """The secret is shown only once. The replaced one stays valid for a day."""
    subject = Subject(store.id, store.id, store.account_id)
    await audit.record(
        tx.session, caller, AuditAction.STORE_WEBHOOK_SECRET_ROTATED, subject
    )
    row, secret = await service.rotate(
        tx.session, vault, store.id, settings.hook_secret_overlap
    )
    _, previous = await service.known_secrets(tx.session, store.id)
    return HookSecretIssued(
        secret=secret,
        since=row.created_at,
        previous_until=previous.valid_until if previous else None,
    )


@secret_router.get(
    "/{store_id}/hook-secret", summary="Read whether the store accepts webhooks"
)
async def get_hook_secret(store: StoreToRead, tx: Tx) -> HookSecretOut:
    current, previous = await service.known_secrets(tx.session, store.id)
    return HookSecretOut(
        exists=current is not None,
        since=current.created_at if current else None,
        previous_until=previous.valid_until if previous else None,
    )


@secret_router.delete(
    "/{store_id}/hook-secret",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Stop accepting webhooks",
    responses=problem_responses(412),
)
async def delete_hook_secret(store: StoreToChange, tx: Tx, caller: Writer) -> None:
    """The current and the replaced secret become invalid at once."""
    subject = Subject(store.id, store.id, store.account_id)
    await audit.record(
        tx.session, caller, AuditAction.STORE_WEBHOOK_SECRET_DELETED, subject
    )
    await service.forget(tx.session, store.id)
