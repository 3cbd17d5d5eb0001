"""Quick updates beside offers, the time a catalog tells of, and express runs."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_quick_and_express"
down_revision = "20261124_rules"
branch_labels = None
depends_on = None

LIVE = "state IN ('planning', 'sending', 'waiting')"


def upgrade() -> None:
    op.create_table(
        "quick_update",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("sku_key", sa.String(collation="C"), nullable=False),
        sa.Column("over", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("quantity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price", sa.Numeric(12, 2), nullable=True),
        sa.Column("price_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("store_id", "sku_key"),
    )
    op.add_column(
        "catalog", sa.Column("as_of", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "publication",
        sa.Column(
            "express", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.drop_index("ux_publication_live", table_name="publication")
    op.create_index(
        "ux_publication_live",
        "publication",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text(f"{LIVE} AND NOT express"),
    )
    op.create_index(
        "ux_publication_express",
        "publication",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text(f"{LIVE} AND express"),
    )


def downgrade() -> None:
    op.drop_index("ux_publication_express", table_name="publication")
    op.drop_index("ux_publication_live", table_name="publication")
    op.create_index(
        "ux_publication_live",
        "publication",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text(LIVE),
    )
    op.drop_column("publication", "express")
    op.drop_column("catalog", "as_of")
    op.drop_table("quick_update")
