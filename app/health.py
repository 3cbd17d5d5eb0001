"""`/health/live` and `/health/ready`: liveness and readiness checks."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.access.dependencies import CurrentDatabase, CurrentStorage
from app.core.file_storage import Storage
from app.database import Database
from app.migrations import is_behind

router = APIRouter(prefix="/health", tags=["health"])

CHECK_TIMEOUT = 2.0


class Live(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """`degraded`: slower, but nothing is lost. `down`: requests cannot be served."""

    status: Literal["ok", "degraded", "down"]
    checks: dict[str, str]


@router.get("/live", summary="The process answers")
async def get_liveness() -> Live:
    return Live()


@router.get(
    "/ready",
    summary="What the service needs, and what of it is down",
    responses={503: {"$ref": "#/components/responses/NotReady"}},
)
async def get_readiness(
    request: Request,
    response: Response,
    database: CurrentDatabase,
    storage: CurrentStorage,
) -> Ready:
    """Redis down is `degraded`: work waits for the sweeper, and nothing is lost."""
    postgres, redis, files = await asyncio.gather(
        _postgres(database), _redis(request), _files(storage)
    )
    checks = {"postgres": postgres, "redis": redis, "storage": files}
    if postgres != "ok" or files != "ok":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
        return Ready(status="down", checks=checks)
    return Ready(status="ok" if redis == "ok" else "degraded", checks=checks)


async def _postgres(database: Database) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT), database.transaction() as tx:
            version = await tx.session.scalar(
                text("SELECT version_num FROM alembic_version")
            )
    except (SQLAlchemyError, OSError, TimeoutError):
        return "down"
    return "migrations are missing" if is_behind(version) else "ok"


async def _redis(request: Request) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            return "ok" if await request.state.queue.is_up() else "down"
    except TimeoutError:
        return "down"


async def _files(storage: Storage) -> str:
    try:
        await asyncio.to_thread(storage.check)
    except OSError:
        return "down"
    return "ok"
