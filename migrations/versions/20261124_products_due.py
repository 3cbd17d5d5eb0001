"""Stores publish products by a rhythm of their own."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_products_due"
down_revision = "20261124_category_tree"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "store",
        sa.Column("next_products_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.execute(
        "UPDATE store SET next_products_at = next_offers_at "
        "WHERE active AND publish_products"
    )
    op.create_index(
        "ix_store_products_due",
        "store",
        ["next_products_at"],
        unique=False,
        postgresql_where=sa.text("active AND publish_products"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_store_products_due",
        table_name="store",
        postgresql_where=sa.text("active AND publish_products"),
    )
    op.drop_column("store", "next_products_at")
