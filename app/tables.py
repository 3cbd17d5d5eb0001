"""Imports the tables of all packages: metadata for migrations and for their test."""

from sqlmodel import SQLModel

from app.access import models as access
from app.access.audit import models as audit
from app.accounts import models as accounts
from app.alerts import models as alerts
from app.catalogs import models as catalogs
from app.departures import models as departures
from app.drift import models as drift
from app.drift.unmatched import models as unmatched
from app.events import models as events
from app.hooks import models as hooks
from app.idempotency import models as idempotency
from app.jobs import models as jobs
from app.offers import models as offers
from app.orders import models as orders
from app.orders.buyers import models as buyers
from app.orders.service_cases import models as service_cases
from app.publications import models as publications
from app.sources import models as sources
from app.stores import models as stores
from app.stores.categories import models as categories
from app.stores.history import models as history
from app.webhook_endpoints import models as webhook_endpoints

MODULES = (
    access,
    accounts,
    alerts,
    audit,
    buyers,
    catalogs,
    categories,
    departures,
    drift,
    events,
    history,
    hooks,
    idempotency,
    jobs,
    offers,
    orders,
    publications,
    service_cases,
    sources,
    stores,
    unmatched,
    webhook_endpoints,
)
METADATA = SQLModel.metadata
