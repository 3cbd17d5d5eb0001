"""Create every table: one SQL file per owning package in `migrations/initial`.

Tables with a row per offer or per change have no foreign keys: their triggers would run
for every row of a COPY. The service that deletes a store deletes these rows.
`SET STATISTICS 0` keeps the planner from taking a new store or run for one row
(decision 22).
"""

from pathlib import Path

from alembic import op

revision = "20261128_initial"
down_revision = None
branch_labels = None
depends_on = None

FOLDER = Path(__file__).resolve().parent.parent / "initial"
# A file may refer to tables and functions of those before it.
FILES = (
    "progress",
    "jobs",
    "access",
    "idempotency",
    "accounts",
    "stores",
    "events",
    "webhook_endpoints",
    "alerts",
    "catalogs",
    "sources",
    "offers",
    "drift",
    "publications",
    "hooks",
    "orders",
    "sales",
    "departures",
)


def upgrade() -> None:
    for name in FILES:
        op.execute((FOLDER / f"{name}.sql").read_text())


def downgrade() -> None:
    raise NotImplementedError("The first migration has no way back: drop the database.")
