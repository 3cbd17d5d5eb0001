"""Where the pages are: those of one store, or of all stores."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from app.console.core.api_client import ApiClient, Json
from app.console.core.errors import ApiProblem


@dataclass(frozen=True, slots=True)
class Place:
    """The store in the address, None for the pages of all stores."""

    store_id: str | None

    @property
    def url(self) -> str:
        if self.store_id is None:
            return "/console/orders"
        return f"/console/stores/{self.store_id}/orders"

    async def store(self, api: ApiClient) -> Json | None:
        if self.store_id is None:
            return None
        return dict(await api.get(f"/v1/stores/{self.store_id}"))


def place_of(request: Request) -> Place:
    """Raises ApiProblem for an address that is no store's."""
    given = request.path_params.get("store_id")
    try:
        return Place(given and str(UUID(given)))
    except ValueError:
        raise ApiProblem(404, {"detail": "There is no such store."}) from None


CurrentPlace = Annotated[Place, Depends(place_of)]
