"""Catalogs tell how many rows each filter of the mapping leaves out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_rules"
down_revision = "20261124_catalog_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "catalog",
        sa.Column(
            "excluded_by",
            postgresql.JSONB(),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
    )


def downgrade() -> None:
    op.drop_column("catalog", "excluded_by")
