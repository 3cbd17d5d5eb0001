"""Every table of every room, for migrations and the test that compares the two."""

from sqlmodel import SQLModel

from app.access import models as access
from app.accounts import models as accounts
from app.catalogs import models as catalogs
from app.drift import models as drift
from app.hooks import models as hooks
from app.jobs import models as jobs
from app.orders import models as orders
from app.publications import models as publications
from app.sources import models as sources
from app.stores import models as stores
from app.stores.categories import models as tree
from app.stores.history import models as history

ROOMS = (
    access,
    accounts,
    catalogs,
    drift,
    history,
    hooks,
    jobs,
    orders,
    publications,
    sources,
    stores,
    tree,
)
METADATA = SQLModel.metadata
