"""Dependencies that hand a route its store, and honour `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Response

from app.access.doorway import Reader, Writer
from app.database import Tx
from app.errors import FieldError, PreconditionFailedError
from app.stores import service
from app.stores.models import Store


async def store_to_read(store_id: UUID, tx: Tx, caller: Reader) -> Store:
    return await service.visible(tx.session, caller, store_id)


async def store_to_change(
    store_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: Annotated[
        str | None, Header(description="the ETag that the change is based on")
    ] = None,
) -> Store:
    """Raises PreconditionFailedError when somebody else changed the store since."""
    store = await service.visible(tx.session, caller, store_id, lock=True)
    if if_match is None:
        return store
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag(store)}:
        message = "The store has changed since you read it."
        raise PreconditionFailedError(
            message,
            errors=[FieldError("if-match", "not_current", message, etag(store))],
            current=etag(store),
        )
    return store


def etag(store: Store) -> str:
    return f'"{store.version}"'


def tag(response: Response, store: Store) -> None:
    response.headers["ETag"] = etag(store)


StoreToRead = Annotated[Store, Depends(store_to_read)]
StoreToChange = Annotated[Store, Depends(store_to_change)]
