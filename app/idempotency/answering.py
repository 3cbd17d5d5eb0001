"""For routes that commit before they return: records the answer with the effect."""

from fastapi import Request, Response

from app.database import Transaction
from app.idempotency.attempt import Attempt


async def answer_in(tx: Transaction, request: Request, response: Response) -> Response:
    """Record the answer if the request has an idempotency key; the body was read.

    Raises ConflictError if another execution has claimed the key since.
    """
    attempt: Attempt | None = getattr(request.state, "recorder", None)
    if attempt is not None:
        await attempt.record_in(tx, response)
    return response
