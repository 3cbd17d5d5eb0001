"""Route dependencies: authenticate the caller and check the scope."""

from typing import Annotated, cast

from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.access import event_tokens, service
from app.access.service import Caller
from app.core.errors import UnauthenticatedError
from app.core.file_storage import Storage
from app.core.vault import Vault
from app.database import Database, Tx
from app.settings import Settings

bearer_scheme = HTTPBearer(
    auto_error=False, description="an API key, or the operator's admin key"
)


def settings_of(request: Request) -> Settings:
    return cast("Settings", request.state.settings)


def vault_of(request: Request) -> Vault:
    return cast("Vault", request.state.vault)


def database_of(request: Request) -> Database:
    return cast("Database", request.state.database)


def storage_of(request: Request) -> Storage:
    return cast("Storage", request.state.storage)


CurrentDatabase = Annotated[Database, Depends(database_of)]
CurrentStorage = Annotated[Storage, Depends(storage_of)]
CurrentSettings = Annotated[Settings, Depends(settings_of)]
CurrentVault = Annotated[Vault, Depends(vault_of)]


async def reader(
    tx: Tx,
    settings: CurrentSettings,
    vault: CurrentVault,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
) -> Caller:
    """Any valid key."""
    if credentials is None:
        raise UnauthenticatedError(
            "Send an API key as `Authorization: Bearer <key>`.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return await service.identify(
        tx.session, vault, settings.admin_key, credentials.credentials
    )


async def writer(caller: Annotated[Caller, Depends(reader)]) -> Caller:
    """A key with write scope."""
    caller.require_write()
    return caller


async def admin(caller: Annotated[Caller, Depends(reader)]) -> Caller:
    """A key with admin scope."""
    caller.require_admin()
    return caller


async def brief_writer(
    database: CurrentDatabase,
    settings: CurrentSettings,
    vault: CurrentVault,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
) -> Caller:
    """A writer, checked in a short transaction: none is open during an upload."""
    async with database.transaction() as tx:
        return await writer(await reader(tx, settings, vault, credentials))


async def brief_reader(
    database: CurrentDatabase,
    settings: CurrentSettings,
    vault: CurrentVault,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
) -> Caller:
    """Any valid key, checked in a short transaction: none is open during a stream."""
    async with database.transaction() as tx:
        return await reader(tx, settings, vault, credentials)


async def stream_reader(
    database: CurrentDatabase,
    settings: CurrentSettings,
    vault: CurrentVault,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer_scheme)],
    access_token: Annotated[
        str | None,
        Query(
            max_length=event_tokens.LONGEST,
            description="of `POST /v1/event-tokens`, instead of a header",
        ),
    ] = None,
) -> Caller:
    """Any valid key, or an event token of one, checked in a short transaction."""
    if credentials or access_token is None:
        return await brief_reader(database, settings, vault, credentials)
    async with database.transaction() as tx:
        return await event_tokens.identify(
            tx.session, vault, settings.admin_key, access_token
        )


BriefReader = Annotated[Caller, Depends(brief_reader)]
BriefWriter = Annotated[Caller, Depends(brief_writer)]
StreamReader = Annotated[Caller, Depends(stream_reader)]
Reader = Annotated[Caller, Depends(reader)]
Writer = Annotated[Caller, Depends(writer)]
Admin = Annotated[Caller, Depends(admin)]
