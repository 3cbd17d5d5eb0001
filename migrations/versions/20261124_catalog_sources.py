"""Catalogs pulled from a merchant's own server: where from, how often, how it went."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124_catalog_sources"
down_revision = "20261124_store_versions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=True),
        sa.Column("scheduled", sa.Boolean(), nullable=False),
        sa.Column("username", sa.String(length=200), nullable=True),
        sa.Column("password_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("password_key_id", sa.String(length=16), nullable=True),
        sa.Column("given", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_pull", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("next_pull_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ux_catalog_source_store", "catalog_source", ["store_id"], unique=True
    )
    op.create_index(
        "ix_catalog_source_due",
        "catalog_source",
        ["next_pull_at"],
        unique=False,
        postgresql_where=sa.text("next_pull_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("catalog_source")
