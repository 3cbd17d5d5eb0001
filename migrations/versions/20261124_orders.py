"""Orders, how far fetching them is, and actions on them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_orders"
down_revision = "20261124_hooks_and_progress"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "order_sync",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("high_water", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("newest", sa.DateTime(timezone=True), nullable=True),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("front", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["seller_account.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("marketplace_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("country", sa.String(collation="C"), nullable=True),
        sa.Column("country_code", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatch_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("shipping_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("sales_taxes", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("shipper", sa.String(), nullable=True),
        sa.Column("tracking_number", sa.String(), nullable=True),
        sa.Column("tracking_url", sa.String(), nullable=True),
        sa.Column(
            "shipping_address", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "billing_address", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("rest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["seller_account.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("account_id", "marketplace_id"),
    )
    op.create_index(
        "ix_sales_order_country",
        "sales_order",
        ["account_id", "country", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_sales_order_created",
        "sales_order",
        ["account_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_sales_order_modified",
        "sales_order",
        ["account_id", "modified_at"],
        unique=False,
    )
    op.create_index(
        "ix_sales_order_state",
        "sales_order",
        ["account_id", "state", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "order_action",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("line_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["seller_account.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_order_action_order", "order_action", ["order_id", "id"], unique=False
    )
    op.create_index(
        "ux_order_action_open",
        "order_action",
        ["order_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("state IN ('requested', 'running', 'waiting')"),
    )
    op.create_table(
        "sales_order_line",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("marketplace_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("listing_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.String(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("shipping_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("sales_taxes", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("fee", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("imei", sa.String(), nullable=True),
        sa.Column("serial_number", sa.String(), nullable=True),
        sa.Column("return_reason", sa.Integer(), nullable=True),
        sa.Column("return_message", sa.String(), nullable=True),
        sa.Column("shipper", sa.String(), nullable=True),
        sa.Column("condition", sa.Integer(), nullable=True),
        sa.Column("brand", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["sales_order.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("order_id", "marketplace_id"),
    )
    op.create_table(
        "order_call",
        sa.Column("action_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("line_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("from_state", sa.Integer(), nullable=False),
        sa.Column("to_state", sa.Integer(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["order_action.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("action_id", "seq"),
    )
    op.add_column(
        "seller_account",
        sa.Column("orders_due_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index(
        "ix_seller_account_orders_due",
        "seller_account",
        ["orders_due_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_seller_account_orders_due", table_name="seller_account")
    op.drop_column("seller_account", "orders_due_at")
    op.drop_table("order_call")
    op.drop_table("sales_order_line")
    op.drop_index(
        "ux_order_action_open",
        table_name="order_action",
        postgresql_where=sa.text("state IN ('requested', 'running', 'waiting')"),
    )
    op.drop_index("ix_order_action_order", table_name="order_action")
    op.drop_table("order_action")
    op.drop_index("ix_sales_order_state", table_name="sales_order")
    op.drop_index("ix_sales_order_modified", table_name="sales_order")
    op.drop_index("ix_sales_order_created", table_name="sales_order")
    op.drop_index("ix_sales_order_country", table_name="sales_order")
    op.drop_table("sales_order")
    op.drop_table("order_sync")
