"""Refusals have a class, a content and a time to try again; catalogs may be partial."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_refusals"
down_revision = "20261124_quick_and_express"
branch_labels = None
depends_on = None


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


def downgrade() -> None:
    op.drop_column("catalog", "mode")
    op.drop_column("store", "quarantine_after")
    op.drop_column("offer", "error_retry_at")
    op.drop_column("offer", "error_content")
    op.drop_column("offer", "error_class")
