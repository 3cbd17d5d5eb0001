"""`GET /metrics` for Prometheus, with a key."""

from typing import cast

from fastapi import APIRouter, Request, Response

from app.access.dependencies import BriefReader
from app.core.errors import ForbiddenError
from app.monitoring.exposition import MEDIA_TYPE, exposition
from app.monitoring.figures import Figures

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE.partition(";")[0]: {}}}},
)
async def get_metrics(caller: BriefReader, request: Request) -> Response:
    """Of all stores: needs the admin key, or a key that is not limited to stores."""
    if caller.store_ids is not None:
        raise ForbiddenError(
            "Metrics are about all stores, and this key is for some.",
            code="every_store",
            accepted="a key without store_ids",
        )
    figures = cast("Figures", request.state.figures)
    return Response(await exposition(figures), media_type=MEDIA_TYPE)
