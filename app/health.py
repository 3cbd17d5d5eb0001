"""`/health/live` and `/health/ready`: liveness and readiness checks."""

import asyncio
from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request, Response, status
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.access.dependencies import CurrentDatabase, CurrentStorage
from app.core.file_storage import Storage
from app.core.restarting import RestartingProcess, read_restarting
from app.database import Database
from app.migrations import is_behind

router = APIRouter(prefix="/health", tags=["health"])

CHECK_TIMEOUT = 2.0
Readiness = Literal["ok", "degraded", "down"]


class Live(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """`degraded`: slower, but nothing is lost. `down`: requests cannot be served."""

    status: Readiness
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
    """Without Redis or a worker: `degraded`. Work waits, nothing is lost."""
    state_dir = request.state.settings.state_dir
    postgres, redis, files, restarting = await asyncio.gather(
        _postgres(database),
        _redis(request),
        _files(storage),
        asyncio.to_thread(read_restarting, state_dir),
    )
    checks = {
        **{each.name: _restarting(each) for each in restarting},
        "postgres": postgres,
        "redis": redis,
        "storage": files,
    }
    state = readiness(checks)
    if state == "down":
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Ready(status=state, checks=checks)


def readiness(checks: Mapping[str, str]) -> Readiness:
    """Decide whether this API process should get requests.

    Only what each request needs takes it out of a load balancer.
    """
    if checks["postgres"] != "ok" or checks["storage"] != "ok":
        return "down"
    return "ok" if set(checks.values()) == {"ok"} else "degraded"


def _restarting(process: RestartingProcess) -> str:
    return (
        f"restarting: {process.exits_in_a_row} exits in a row, "
        f"the last by {process.exit}"
    )


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
