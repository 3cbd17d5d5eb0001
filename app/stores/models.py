"""The `store` table: one target country of a seller account and its settings."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, json_field, time_field


class Store(SQLModel, table=True):
    """A country of a seller account with its catalog, mapping, categories, schedule."""

    __tablename__ = "store"
    __table_args__ = (
        Index("ix_store_account", "account_id"),
        Index(
            "ix_store_due",
            "next_offers_at",
            postgresql_where=text("active AND publish_offers"),
        ),
        Index(
            "ix_store_products_due",
            "next_products_at",
            postgresql_where=text("active AND publish_products"),
        ),
        Index(
            "ix_store_drift_check_due",
            "next_drift_check_at",
            postgresql_where=text("active"),
        ),
    )

    id: UUID = id_field()
    name: str = Field(max_length=200)
    country: str = Field(max_length=2)
    account_id: UUID | None = Field(default=None, foreign_key="seller_account.id")
    environment: str = "production"
    active: bool = False
    activated_at: datetime | None = time_field()
    departed_with: str | None = None
    """How the store was deactivated: its offers set to 0 (`zero`) or left (`leave`)."""
    deletion_id: UUID | None = None
    """The departure that deletes the store."""
    order_scope: str = "store_country"
    orders_from: datetime | None = time_field()
    publish_offers: bool = True
    publish_products: bool = False
    offers_interval_s: int = 7200
    products_interval_s: int = 86400
    invalid_rows: str = "keep"
    duplicate_skus: str = "reject"
    quarantine_after: int = Field(
        default=12, sa_column_kwargs={"server_default": text("12")}
    )
    drift: str = Field(
        default="overwrite", sa_column_kwargs={"server_default": text("'overwrite'")}
    )
    catalog_delay_s: int = Field(
        default=0, sa_column_kwargs={"server_default": text("0")}
    )
    open_orders: str = Field(
        default="already_subtracted",
        sa_column_kwargs={"server_default": text("'already_subtracted'")},
    )
    mapping: dict[str, Any] | None = json_field()
    categories: list[dict[str, Any]] = json_field(default=list)
    catalog_columns: list[str] | None = json_field()
    catalog_categories: dict[str, int] | None = json_field()
    brake: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    brake_reference: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    minimum_margin: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    automations: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    """What refeed does by itself; None: nothing."""
    config_version: int = 1
    version: int = 1
    current_catalog_id: UUID | None = None
    next_offers_at: datetime | None = time_field()
    next_products_at: datetime | None = time_field()
    next_drift_check_at: datetime | None = time_field()
    listings_imported_at: datetime | None = time_field()
    """When all listings of the account were last read; None: not under this token."""
    token_replaced_at: datetime | None = time_field()
    """When a rotation put the store out of its account; None: it has another token."""
    created_at: datetime = time_field(default_now=True)

    @property
    def tenant_id(self) -> UUID:
        """For whom the jobs of the store are: the account, or itself without one."""
        return self.account_id or self.id
