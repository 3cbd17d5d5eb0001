"""Of stores and publications PostgreSQL assumes that each has a share of all rows.

Statistics know the largest ones only, or those of yesterday: a new store or run would
count as one row, for which the planner likes to compare all with all.
"""

from alembic import op

revision = "20261125_no_statistics"
down_revision = "20261124_listing_ceiling"
branch_labels = None
depends_on = None

COLUMNS = (
    ("offer", "store_id"),
    ("offer_check", "store_id"),
    ("listing_seen", "store_id"),
    ("product_told", "store_id"),
    ("quick_update", "store_id"),
    ("hold", "store_id"),
    ("change", "publication_id"),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
        # To state its type anew drops what is known of the column (and builds its
        # indexes again).
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE uuid")


def downgrade() -> None:
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1")
