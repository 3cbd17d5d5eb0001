"""Signed webhooks; versions of progress that every change of a row moves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_hooks_and_progress"
down_revision = "20261124_products_due"
branch_labels = None
depends_on = None

# Triggers, since rows change in many places, and by the release before as well.
ROW_MOVES = """
CREATE FUNCTION refeed_row_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.progress := OLD.progress + 1;
  RETURN NEW;
END $$
"""
CHANGES_MOVE = """
CREATE FUNCTION refeed_changes_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE publication SET progress = progress + 1
   WHERE id IN (SELECT DISTINCT publication_id FROM moved);
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column(
        "publication",
        sa.Column("progress", sa.BigInteger(), server_default="1", nullable=False),
    )
    op.add_column(
        "publication",
        sa.Column("hook", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )
    op.add_column(
        "catalog",
        sa.Column("progress", sa.BigInteger(), server_default="1", nullable=False),
    )
    op.execute(ROW_MOVES)
    for table in ("publication", "catalog"):
        op.execute(
            f"CREATE TRIGGER progress BEFORE UPDATE ON {table} FOR EACH ROW "
            "WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION refeed_row_moves()"
        )
    op.execute(CHANGES_MOVE)
    op.execute(
        "CREATE TRIGGER progress AFTER UPDATE ON change "
        "REFERENCING NEW TABLE AS moved "
        "FOR EACH STATEMENT EXECUTE FUNCTION refeed_changes_move()"
    )
    op.create_table(
        "hook_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("cipher", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ux_hook_secret_current",
        "hook_secret",
        ["store_id"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_index("ix_hook_secret_store", "hook_secret", ["store_id"], unique=False)
    op.create_table(
        "hook_call",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.String(length=255), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store_id", "webhook_id"),
    )
    op.create_index("ix_hook_call_received", "hook_call", ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_table("hook_call")
    op.drop_table("hook_secret")
    op.execute("DROP TRIGGER progress ON change")
    op.execute("DROP TRIGGER progress ON catalog")
    op.execute("DROP TRIGGER progress ON publication")
    op.execute("DROP FUNCTION refeed_changes_move()")
    op.execute("DROP FUNCTION refeed_row_moves()")
    op.drop_column("catalog", "progress")
    op.drop_column("publication", "hook")
    op.drop_column("publication", "progress")
