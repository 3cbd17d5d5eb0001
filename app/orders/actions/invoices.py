"""Validates and stores an invoice for an order; a worker uploads the PDF."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from fastapi import Response

from app.access.service import Caller
from app.core.columns import new_id
from app.core.errors import (
    ConflictError,
    FieldError,
    InsufficientStorageError,
    MediaTypeError,
    TooLargeError,
)
from app.core.file_storage import Storage, StorageFullError, StoredFile
from app.database import Database, Transaction
from app.orders import queries
from app.orders.actions.service import (
    Decided,
    lines_of,
    open_actions,
    store_actions,
)
from app.orders.actions.transitions import BILLED, SOLD, PlannedSubmission
from app.orders.enums import Action
from app.orders.models import OrderAction, SalesOrder
from app.web.etags import require_version

LARGEST = 3 * 1024 * 1024
"""Maximum number of bytes (section 2, attachments)."""
_PDF = b"%PDF-"
ACCEPTED = "a PDF of at most 3 MB"


@dataclass(frozen=True, slots=True)
class InvoiceRequest:
    """Who uploads an invoice for which order, based on which version."""

    caller: Caller
    order_id: UUID
    if_match: str | None


async def request_invoice(
    database: Database,
    storage: Storage,
    request: InvoiceRequest,
    pdf: bytes,
    answer: Callable[[Transaction, OrderAction], Awaitable[Response]],
) -> Response:
    """Store the action; an open action with the same file is answered instead.

    `answer` makes the response in the transaction that creates the action. The file
    is stored until the action ends. Raises TooLargeError, MediaTypeError,
    ConflictError, NotFoundError, PreconditionFailedError.
    """
    _check(pdf)
    action_id = new_id()
    kept = False
    try:
        stored = await _save(storage, action_id, pdf)
        async with database.transaction() as tx:
            action = await _request(tx, request, action_id, stored)
            response = await answer(tx, action)
        kept = action.id == action_id
    finally:
        if not kept:
            await asyncio.to_thread(storage.remove_store, action_id)
    return response


def _check(pdf: bytes) -> None:
    if len(pdf) > LARGEST:
        message = f"The file has {len(pdf)} bytes; at most {LARGEST} are accepted."
        raise TooLargeError(
            message, errors=[FieldError("file", "too_large", message, ACCEPTED)]
        )
    if not pdf.startswith(_PDF):
        message = "The file is not a PDF."
        raise MediaTypeError(
            message, errors=[FieldError("file", "no_pdf", message, ACCEPTED)]
        )


async def _save(storage: Storage, action_id: UUID, pdf: bytes) -> StoredFile:
    async def body() -> AsyncIterator[bytes]:
        yield pdf

    try:
        return await storage.save(action_id, body(), LARGEST)
    except StorageFullError:
        raise InsufficientStorageError(
            "Upload storage is full; the upload was discarded."
        ) from None


async def _request(
    tx: Transaction, request: InvoiceRequest, action_id: UUID, stored: StoredFile
) -> OrderAction:
    order, _ = await queries.get_order(
        tx.session, request.caller, request.order_id, lock=True
    )
    require_version(order, request.if_match, "order")
    await _require_sold(tx, order)
    fingerprint = hashlib.sha256(f"invoice {stored.sha256}".encode()).hexdigest()
    if same := await _under_way(tx, order, fingerprint):
        return same
    action = OrderAction(
        id=action_id,
        order_id=order.id,
        account_id=order.account_id,
        action=Action.INVOICE,
        fields={"size_bytes": stored.size, "sha256": stored.sha256},
        fingerprint=fingerprint,
    )
    body = {"storage_key": stored.key}
    planned = [PlannedSubmission((), 0, BILLED, body)]
    decided = Decided(action, planned, is_new=True)
    await store_actions(tx, request.caller, [decided])
    return action


async def _under_way(
    tx: Transaction, order: SalesOrder, fingerprint: str
) -> OrderAction | None:
    """The open action with the same file. Raises ConflictError for another invoice."""
    for other in await open_actions(tx.session, order.id):
        if other.fingerprint == fingerprint:
            return other
        if other.action == Action.INVOICE:
            raise ConflictError(
                "Another invoice of this order is being uploaded.",
                code="action_open",
                action_id=str(other.id),
            )
    return None


async def _require_sold(tx: Transaction, order: SalesOrder) -> None:
    if not any(line.state in SOLD for line in await lines_of(tx.session, order.id)):
        message = "An invoice is for lines that were accepted; none of them was."
        raise ConflictError(
            message,
            code="action_not_allowed",
            errors=[FieldError("action", "action_not_allowed", message)],
        )
