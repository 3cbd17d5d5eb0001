"""What any program needs for a round of one merchant: read, write, three requests."""

import time

import polars as pl
import psycopg

from app.database import libpq_url
from bench.processor_time import ProcessorTime
from bench.samples import COLUMNS, make_catalog
from bench.service import Service

TIMES = 50
MAKE = """
CREATE UNLOGGED TABLE IF NOT EXISTS floor_offer (
  sku text PRIMARY KEY, ean text, price text, quantity text, grade text,
  category text, warranty text)
"""
UPSERT = """
INSERT INTO floor_offer SELECT * FROM unnest(%s::text[], %s::text[], %s::text[],
  %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (sku) DO UPDATE SET price = excluded.price, quantity = excluded.quantity
"""


def floor_seconds(service: Service, rows: int) -> float:
    """Processor seconds of ours and of PostgreSQL for one round."""
    path = service.folder / "floor.csv"
    make_catalog(path, rows)
    spent = ProcessorTime(exclude="app.sandbox")
    url = libpq_url(service.database_url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(MAKE)
        before, own = spent.by_process(), time.process_time()
        for _ in range(TIMES):
            frame = pl.scan_csv(path, infer_schema=False).select(COLUMNS.values())
            columns = frame.collect().get_columns()
            connection.execute(UPSERT, [each.to_list() for each in columns])
            for _ in range(3):
                service.sandbox.get("/_sandbox/options").raise_for_status()
        own = time.process_time() - own
        database = spent.since(before)["postgres"]
        connection.execute("DROP TABLE floor_offer")
    return (own + database) / TIMES
