"""Every POST records its answer in the transaction of its effect."""

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.database import open_transaction
from app.main import ROUTERS
from app.web.idempotent.recorded_route import RecordedRoute

RECORDS_ITSELF = {"upload_catalog", "upload_invoice", "upload_tracking"}
"""With `answer_in`, in the transaction that follows the upload."""
WITHOUT_EFFECT = {"preview_mapping"}
OWN_KEY = {"receive_publish_hook"}
"""Its `webhook-id` makes a repeat harmless."""


def posts() -> list[APIRoute]:
    return [
        route
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "POST" in (route.methods or ())
    ]


def has_transaction(dependant: Dependant) -> bool:
    return dependant.call is open_transaction or any(
        map(has_transaction, dependant.dependencies)
    )


def test_every_post_is_a_recorded_route():
    found = posts()

    assert len(found) > 20
    assert {
        route.name for route in found if not isinstance(route, RecordedRoute)
    } == set()


def test_routes_without_a_transaction_of_the_request_are_known():
    without = {route.name for route in posts() if not has_transaction(route.dependant)}

    assert without == RECORDS_ITSELF | WITHOUT_EFFECT | OWN_KEY
