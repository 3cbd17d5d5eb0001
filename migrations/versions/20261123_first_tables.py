"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_first_tables"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("store_ids", postgresql.ARRAY(sa.UUID()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "catalog_problem",
        sa.Column("catalog_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=True),
        sa.Column("value", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("catalog_id", "line", "field", "code"),
    )
    op.create_table(
        "change",
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sku_key", sa.String(collation="C"), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("door", sa.String(), nullable=True),
        sa.Column("dispatch", sa.Integer(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("publication_id", "seq"),
    )
    op.create_index(
        "ix_change_dispatch",
        "change",
        ["publication_id", "dispatch", "seq"],
        unique=False,
    )
    op.create_index(
        "ix_change_outcome",
        "change",
        ["publication_id", "outcome", "seq"],
        unique=False,
    )
    op.create_index(
        "ix_change_reason", "change", ["publication_id", "reason", "seq"], unique=False
    )
    op.create_table(
        "job",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("exclusive", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("woken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "checkpoint", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_job_due",
        "job",
        ["run_after"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_job_lease",
        "job",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index("ix_job_subject", "job", ["subject_id"], unique=False)
    op.create_index(
        "ux_job_queued_subject",
        "job",
        ["kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ux_job_running_exclusive",
        "job",
        ["exclusive"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "offer",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("sku_key", sa.String(collation="C"), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("standing", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=True),
        sa.Column(
            "problems", sa.BigInteger(), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("ean", sa.String(), nullable=True),
        sa.Column("product_id", sa.String(), nullable=True),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("new_battery", sa.Boolean(), nullable=True),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("min_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("warranty_delay", sa.SmallInteger(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("shipping", sa.String(), nullable=True),
        sa.Column(
            "listed", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("accepted_ean", sa.String(), nullable=True),
        sa.Column("accepted_grade", sa.String(), nullable=True),
        sa.Column("accepted_price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("accepted_quantity", sa.Integer(), nullable=True),
        sa.Column(
            "accepted_min_price", sa.Numeric(precision=12, scale=2), nullable=True
        ),
        sa.Column("accepted_warranty_delay", sa.SmallInteger(), nullable=True),
        sa.Column("accepted_comment", sa.String(), nullable=True),
        sa.Column("accepted_shipping", sa.String(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("listing_id", sa.String(), nullable=True),
        sa.Column("backmarket_id", sa.BigInteger(), nullable=True),
        sa.Column("publication_state", sa.SmallInteger(), nullable=True),
        sa.Column(
            "in_error", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "error_count",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
        ),
        sa.Column(
            "dirty",
            sa.Boolean(),
            sa.Computed(
                "CASE\n  WHEN standing = 'wanted' THEN NOT listed\n    OR price IS DISTINCT FROM accepted_price\n    OR quantity IS DISTINCT FROM accepted_quantity\n    OR (min_price IS NOT NULL AND min_price IS DISTINCT FROM accepted_min_price)\n    OR (warranty_delay IS NOT NULL\n        AND warranty_delay IS DISTINCT FROM accepted_warranty_delay)\n    OR (comment IS NOT NULL AND comment IS DISTINCT FROM accepted_comment)\n    OR (shipping IS NOT NULL AND shipping IS DISTINCT FROM accepted_shipping)\n    OR ean IS DISTINCT FROM accepted_ean\n    OR grade IS DISTINCT FROM accepted_grade\n  WHEN standing = 'kept' THEN\n    listed AND quantity IS NOT NULL AND quantity < accepted_quantity\n  ELSE listed AND accepted_quantity > 0\nEND",
                persisted=True,
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("store_id", "sku_key"),
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index(
        "ix_offer_dirty",
        "offer",
        ["store_id"],
        unique=False,
        postgresql_where=sa.text("dirty"),
    )
    op.create_index(
        "ix_offer_in_error",
        "offer",
        ["store_id", "sku_key"],
        unique=False,
        postgresql_where=sa.text("in_error"),
    )
    op.create_index(
        "ix_offer_problems",
        "offer",
        ["store_id", "sku_key"],
        unique=False,
        postgresql_where=sa.text("problems <> 0"),
    )
    op.create_table(
        "offer_digest",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("identity", sa.String(), nullable=False),
        sa.Column("signs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "part"),
    )
    # Hashes cannot be compressed: to try costs more than to store them.
    op.execute("ALTER TABLE offer_digest ALTER COLUMN rows SET STORAGE EXTERNAL")
    op.create_table(
        "seller_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("token_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("token_key_id", sa.String(length=16), nullable=False),
        sa.Column("shared_quantity", sa.String(), nullable=False),
        sa.Column("lines_per_hour", sa.Integer(), nullable=True),
        sa.Column("requests_per_10s", sa.Integer(), nullable=True),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("connection_detail", sa.String(), nullable=True),
        sa.Column("connection_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("request_clock", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("platform", "environment", "token_digest"),
    )
    op.create_table(
        "line_spend",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["seller_account.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_line_spend_account", "line_spend", ["account_id", "at"], unique=False
    )
    op.create_table(
        "store",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("order_scope", sa.String(), nullable=False),
        sa.Column("publish_offers", sa.Boolean(), nullable=False),
        sa.Column("publish_products", sa.Boolean(), nullable=False),
        sa.Column("offers_interval_s", sa.Integer(), nullable=False),
        sa.Column("products_interval_s", sa.Integer(), nullable=False),
        sa.Column("invalid_rows", sa.String(), nullable=False),
        sa.Column("duplicate_skus", sa.String(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column(
            "catalog_columns", postgresql.JSONB(astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "catalog_categories", postgresql.JSONB(astext_type=sa.Text()), nullable=True
        ),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current_catalog_id", sa.Uuid(), nullable=True),
        sa.Column("next_offers_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["seller_account.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_store_account", "store", ["account_id"], unique=False)
    op.create_index(
        "ix_store_due",
        "store",
        ["next_offers_at"],
        unique=False,
        postgresql_where=sa.text("active AND publish_offers"),
    )
    op.create_table(
        "catalog",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(), nullable=False),
        sa.Column("given", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("columns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "source_categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "problem_counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False
        ),
        sa.Column("config_version", sa.Integer(), nullable=True),
        sa.Column("same_as", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("accepted", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_catalog_store", "catalog", ["store_id", "id"], unique=False)
    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("plan_hash", sa.String(), nullable=True),
        sa.Column("totals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follow_up_id", sa.Uuid(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["seller_account.id"],
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_publication_store", "publication", ["store_id", "id"], unique=False
    )
    op.create_index(
        "ux_publication_live",
        "publication",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('planning', 'sending', 'waiting')"),
    )
    op.create_index(
        "ux_publication_requested",
        "publication",
        ["store_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "dispatch",
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("door", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["seller_account.id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("publication_id", "seq"),
    )
    op.create_index(
        "ix_dispatch_open",
        "dispatch",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("state <> 'settled'"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_dispatch_open",
        table_name="dispatch",
        postgresql_where=sa.text("state <> 'settled'"),
    )
    op.drop_table("dispatch")
    op.drop_index(
        "ux_publication_requested",
        table_name="publication",
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.drop_index(
        "ux_publication_live",
        table_name="publication",
        postgresql_where=sa.text("state IN ('planning', 'sending', 'waiting')"),
    )
    op.drop_index("ix_publication_store", table_name="publication")
    op.drop_table("publication")
    op.drop_index("ix_catalog_store", table_name="catalog")
    op.drop_table("catalog")
    op.drop_index(
        "ix_store_due",
        table_name="store",
        postgresql_where=sa.text("active AND publish_offers"),
    )
    op.drop_index("ix_store_account", table_name="store")
    op.drop_table("store")
    op.drop_index("ix_line_spend_account", table_name="line_spend")
    op.drop_table("line_spend")
    op.drop_table("seller_account")
    op.drop_table("offer_digest")
    op.drop_index(
        "ix_offer_problems",
        table_name="offer",
        postgresql_where=sa.text("problems <> 0"),
    )
    op.drop_index(
        "ix_offer_in_error", table_name="offer", postgresql_where=sa.text("in_error")
    )
    op.drop_index(
        "ix_offer_dirty", table_name="offer", postgresql_where=sa.text("dirty")
    )
    op.drop_table("offer")
    op.drop_index(
        "ux_job_running_exclusive",
        table_name="job",
        postgresql_where=sa.text("state = 'running'"),
    )
    op.drop_index(
        "ux_job_queued_subject",
        table_name="job",
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.drop_index("ix_job_subject", table_name="job")
    op.drop_index(
        "ix_job_lease", table_name="job", postgresql_where=sa.text("state = 'running'")
    )
    op.drop_index(
        "ix_job_due", table_name="job", postgresql_where=sa.text("state = 'queued'")
    )
    op.drop_table("job")
    op.drop_index("ix_change_reason", table_name="change")
    op.drop_index("ix_change_outcome", table_name="change")
    op.drop_index("ix_change_dispatch", table_name="change")
    op.drop_table("change")
    op.drop_table("catalog_problem")
    op.drop_table("api_key")
