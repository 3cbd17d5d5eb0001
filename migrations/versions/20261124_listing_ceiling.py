"""A walk remembers the highest price that a listing may have."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_listing_ceiling"
down_revision = "20261124_order_turns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "listing_seen", sa.Column("max_price", sa.Numeric(12, 2), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("listing_seen", "max_price")
