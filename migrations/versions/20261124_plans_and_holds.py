"""Plans as resources, held changes, and what the brake and the margin guard know."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_plans_and_holds"
down_revision = "20261124_confirm"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())
TIME = sa.DateTime(timezone=True)
MONEY = sa.Numeric(12, 2)


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("totals", JSON, nullable=False),
        sa.Column("forecast", JSON, nullable=True),
        sa.Column("versions", JSON, nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("ready_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_plan_store", "plan", ["store_id", "id"], unique=False)
    op.create_index("ix_plan_requested", "plan", ["requested_at"], unique=False)
    op.create_table(
        "hold",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("sku_key", sa.String(collation="C"), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("held_at", TIME, nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store_id", "sku_key", "what"),
    )
    op.add_column("publication", sa.Column("plan_id", sa.Uuid(), nullable=True))
    op.add_column(
        "publication",
        sa.Column("plan_only", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column(
        "change", sa.Column("warnings", postgresql.ARRAY(sa.String()), nullable=True)
    )
    for name in ("brake", "brake_reference", "minimum_margin"):
        op.add_column("store", sa.Column(name, JSON, nullable=True))
    op.add_column("catalog", sa.Column("empty_fields", JSON, nullable=True))
    op.add_column("offer", sa.Column("cost", MONEY, nullable=True))
    op.add_column("offer", sa.Column("cpa", sa.Numeric(5, 2), nullable=True))
    op.add_column("offer", sa.Column("max_price", MONEY, nullable=True))


def downgrade() -> None:
    for table, names in (
        ("offer", ("max_price", "cpa", "cost")),
        ("catalog", ("empty_fields",)),
        ("store", ("minimum_margin", "brake_reference", "brake")),
        ("change", ("warnings",)),
        ("publication", ("plan_only", "plan_id")),
    ):
        for name in names:
            op.drop_column(table, name)
    op.drop_table("hold")
    op.drop_table("plan")
