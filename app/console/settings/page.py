"""What each settings page shares: its store with the ETag, and its menu."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi.responses import Response

from app.console.core.api_client import Json
from app.console.core.visit import Visit
from app.console.settings.menu import menu, store_path


@dataclass(frozen=True, slots=True)
class StoreAt:
    """A store, and the version of it that the page shows."""

    body: Json
    etag: str | None

    @property
    def path(self) -> str:
        """Of the store in the API."""
        return f"/v1/stores/{self.body['id']}"


async def load_store(visit: Visit, store_id: UUID) -> StoreAt:
    answer = await visit.api.read(f"/v1/stores/{store_id}")
    return StoreAt(answer.body, answer.etag)


def show(
    visit: Visit,
    template: str,
    current: str,
    title: str,
    store: StoreAt | None = None,
    **values: Any,  # noqa: ANN401 - what the template shows
) -> Response:
    """A page with the menu of the settings, where `current` is marked."""
    body = store.body if store else None
    values = {"etag": store.etag if store else None, "fields": []} | values
    return visit.page(
        f"settings/{template}",
        section="settings",
        title=title,
        store=body,
        menu=menu(current, body),
        path_of_store=store_path(body["id"]) if body else None,
        **values,
    )
