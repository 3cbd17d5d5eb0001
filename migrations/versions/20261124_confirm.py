"""What was read back of listings, and what drifted from what was accepted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261124_confirm"
down_revision = "20261124_refusals"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
KEY = sa.String(collation="C")
MONEY = sa.Numeric(12, 2)
TABLES = ("product_told", "listing_seen", "confirm_pass", "offer_check")


def upgrade() -> None:
    op.add_column("offer", sa.Column("stock_at", TIME, nullable=True))
    op.add_column("change", sa.Column("confirmed_at", TIME, nullable=True))
    op.add_column(
        "store",
        sa.Column("drift", sa.String(), server_default="overwrite", nullable=False),
    )
    op.add_column("store", sa.Column("next_confirm_at", TIME, nullable=True))
    op.create_index(
        "ix_store_confirm_due",
        "store",
        ["next_confirm_at"],
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "offer_check",
        sa.Column("store_id", sa.Uuid(), primary_key=True),
        sa.Column("sku_key", KEY, primary_key=True),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("confirmed_at", TIME),
        sa.Column("missing_at", TIME),
        sa.Column("price", MONEY),
        sa.Column("quantity", sa.Integer()),
        sa.Column("min_price", MONEY),
        sa.Column("warranty_delay", sa.SmallInteger()),
        sa.Column("comment_sum", sa.BigInteger()),
        sa.Column("drift", JSONB()),
    )
    op.create_index(
        "ix_offer_check_drift",
        "offer_check",
        ["store_id", "sku_key"],
        postgresql_where=sa.text("drift IS NOT NULL"),
    )
    op.create_table(
        "confirm_pass",
        sa.Column(
            "store_id",
            sa.Uuid(),
            sa.ForeignKey("store.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String()),
        sa.Column("reason", sa.String()),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("walked_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("judged_key", KEY),
        sa.Column("listings", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
    )
    op.create_table(
        "listing_seen",
        sa.Column("store_id", sa.Uuid(), primary_key=True),
        sa.Column("sku_key", KEY, primary_key=True),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("listing_id", sa.String()),
        sa.Column("older_id", sa.String()),
        sa.Column("grade", sa.String()),
        sa.Column("price", MONEY),
        sa.Column("min_price", MONEY),
        sa.Column("quantity", sa.BigInteger()),
        sa.Column("warranty_delay", sa.BigInteger()),
        sa.Column("comment", sa.String()),
        sa.Column("publication_state", sa.SmallInteger()),
    )
    op.create_table(
        "product_told",
        sa.Column("store_id", sa.Uuid(), primary_key=True),
        sa.Column("sku_key", KEY, primary_key=True),
        sa.Column("product", JSONB(), nullable=False),
        sa.Column("told_at", TIME, nullable=False),
    )


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
    op.drop_index("ix_store_confirm_due", table_name="store")
    for table, column in (
        ("store", "next_confirm_at"),
        ("store", "drift"),
        ("change", "confirmed_at"),
        ("offer", "stock_at"),
    ):
        op.drop_column(table, column)
