"""Builds rows of offers, and the changes that a plan should list for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.shared_stock import LOWEST, SharedQuantity
from app.publications.enums import Lane
from app.publications.planning.plan import PlanSummary, write_plan, write_submissions
from app.publications.planning.request import Guard, PlanRequest

EAN, OTHER_EAN = "4006381333931", "4006381333948"
BATCH_OF_UPDATES, BATCH_OF_CREATES = 5_000_000, 25_000_000

Row = Mapping[str, Any]

DESIRED: Row = {
    "desired_state": "active",
    "fingerprint": 1,
    "ean": EAN,
    "grade": "GOOD",
    "price": "100.00",
    "quantity": 5,
}
LIVE: Row = {
    "listed": True,
    "listing_id": "7001",
    "live_ean": EAN,
    "live_grade": "GOOD",
    "live_price": "100.00",
    "live_quantity": 5,
}
ABSENT: Row = {
    "desired_state": "absent",
    "fingerprint": None,
    "ean": None,
    "grade": None,
    "price": None,
    "quantity": None,
}


def fresh(sku: str = "A", **values: object) -> Row:
    """An active offer that was never accepted by Back Market."""
    return {"sku": sku, **DESIRED, **values}


def online(sku: str = "A", **values: object) -> Row:
    """An active offer that equals its live state, except for `values`."""
    return {"sku": sku, **DESIRED, **LIVE, **values}


def absent(sku: str = "A", **values: object) -> Row:
    """An offer that is online and no longer desired."""
    return {"sku": sku, **LIVE, **ABSENT, **values}


def retained(quantity: int | None, sku: str = "A", **values: object) -> Row:
    """An offer that is online and whose row in the newest catalog is invalid."""
    return online(
        sku, desired_state="retained", quantity=quantity, price=None, **values
    )


def change(
    reason: str,
    lane: str,
    before: Row,
    after: Row,
    *,
    sku: str = "A",
    outcome: str = "planned",
    code: str | None = None,
    method: str | None = "single",
) -> Row:
    return {
        "sku": sku,
        "reason": reason,
        "lane": lane,
        "method": method if outcome == "planned" else None,
        "before": before,
        "after": after,
        "outcome": outcome,
        "code": code,
    }


CREATED = {"ean": EAN, "grade": "GOOD", "price": "100.00", "quantity": 5}
IDENTITY_MISMATCH = {"outcome": "rejected", "code": "identity_mismatch"}
HELD = {"outcome": "held", "code": "active_in_sibling_store"}
LATER = {"outcome": "deferred", "code": "line_budget"}


def new(**more: Any) -> Row:
    return change("new", "new", {}, CREATED, method="batch", **more)


def modified(lane: str, before: Row, after: Row, **more: Any) -> Row:
    return change("modified", lane, before, after, **more)


def zeroed(**more: Any) -> Row:
    return change("disappeared", "stock_down", {"quantity": 5}, {"quantity": 0}, **more)


@dataclass(frozen=True, slots=True)
class Tables:
    """A seller account with two stores whose rows a test inserts."""

    url: str
    session: AsyncSession
    publication_id: UUID
    account_id: UUID
    store_id: UUID
    sibling_id: UUID

    def offers(self, store_id: UUID, rows: Sequence[Row]) -> None:
        for row in rows:
            self.insert("offer", store_id=store_id, sku_key=row["sku"].lower(), **row)

    def insert(self, table: str, **values: object) -> None:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(sql.Identifier(name) for name in values),
            sql.SQL(", ").join(sql.Placeholder() for _ in values),
        )
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement, list(values.values()))

    def execute(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode(), values)

    async def plan(
        self,
        *,
        lines: int = 1000,
        single_max: int = 100,
        shared: bool = False,
        detail: int = 1000,
        policy: SharedQuantity = LOWEST,
        guard: Guard | None = None,
    ) -> tuple[PlanSummary, list[Row]]:
        request = PlanRequest(
            publication_id=self.publication_id,
            store_id=self.store_id,
            account_id=self.account_id,
            siblings=[self.sibling_id] if shared else [],
            lines=lines,
            single_max=single_max,
            detail=detail,
            policy=policy,
            guard=guard or Guard(),
        )
        summary = await write_plan(self.session, request)
        await write_submissions(self.session, self.publication_id, self.account_id)
        return summary, await self.rows("change")

    async def rows(self, table: str) -> list[Row]:
        connection = await self.session.connection()
        found = await connection.exec_driver_sql(
            f"SELECT * FROM {table} ORDER BY seq"  # noqa: S608 - ours
        )
        return [dict(row) for row in found.mappings()]


def in_words(row: Row) -> Row:
    names = ("sku", "reason", "method", "before", "after", "outcome", "code")
    return {name: row[name] for name in names} | {
        "lane": Lane(row["lane"]).name.lower()
    }
