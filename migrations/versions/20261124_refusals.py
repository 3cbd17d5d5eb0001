"""Refusals have a class, a content and a time to try again; catalogs may be partial."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_refusals"
down_revision = "20261124_quick_and_express"
branch_labels = None
depends_on = None

# A worker of the release before takes every catalog for a full one: everything that a
# partial one does not name would disappear. Its transaction ends with this update.
STAYS_FULL = """
CREATE FUNCTION refeed_current_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM catalog
              WHERE id = NEW.current_catalog_id AND mode = 'partial') THEN
    RAISE EXCEPTION 'a partial catalog cannot be all that a store wants';
  END IF;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.add_column("offer", sa.Column("error_class", sa.String()))
    op.add_column("offer", sa.Column("error_content", sa.BigInteger()))
    op.add_column("offer", sa.Column("error_retry_at", sa.DateTime(timezone=True)))
    op.add_column(
        "store",
        sa.Column(
            "quarantine_after",
            sa.Integer(),
            nullable=False,
            server_default=sa.text("12"),
        ),
    )
    op.add_column(
        "catalog",
        sa.Column(
            "mode", sa.String(10), nullable=False, server_default=sa.text("'full'")
        ),
    )
    op.execute(STAYS_FULL)
    op.execute(
        "CREATE TRIGGER current_is_full BEFORE UPDATE OF current_catalog_id ON store "
        "FOR EACH ROW WHEN (OLD.current_catalog_id IS DISTINCT FROM "
        "NEW.current_catalog_id) EXECUTE FUNCTION refeed_current_is_full()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER current_is_full ON store")
    op.execute("DROP FUNCTION refeed_current_is_full()")
    op.drop_column("catalog", "mode")
    op.drop_column("store", "quarantine_after")
    op.drop_column("offer", "error_retry_at")
    op.drop_column("offer", "error_content")
    op.drop_column("offer", "error_class")
