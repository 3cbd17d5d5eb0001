"""What the last import of a store saw: enough to know most rows of the next again.

A row whose mapped cells are as they were, under the same settings and the same
engine, is what it was. The digest is written in the transaction of the offers.
"""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import polars as pl
import polars_hash as plh

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.read.reader import FLAW, LINE, cell
from app.catalogs.engine.validate.decimal_separator import Signs
from app.stores import channel
from app.stores.mapping import (
    conditions,
    mapping_model,
    resolve,
    rule_steps,
    rule_types,
)

SOURCE = "#source"
ROWS = {
    LINE: pl.UInt32,
    SOURCE: pl.Int64,
    "fingerprint": pl.Int64,
    "traits": pl.Int32,
}
_PART_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Digest:
    """One row per offer of the catalog in force, and the decimal signs it was read by.

    LINE is where its row stands.
    SOURCE is null where a row must be looked at again in any case: it has problems,
    or its SKU stands in several rows.
    """

    signs: Signs
    rows: pl.DataFrame

    def without(self, fingerprints: pl.Series) -> "Digest":
        """The same, with those rows to be looked at again in any case."""
        keep = ~pl.col("fingerprint").is_in(fingerprints.drop_nulls().implode())
        rows = self.rows.with_columns(pl.when(keep).then(SOURCE).alias(SOURCE))
        return replace(self, rows=rows)

    def parts(self) -> list[bytes]:
        """Pieces of a few megabytes each, for `rows_of`."""
        return [_packed(part) for part in self.rows.iter_slices(_PART_ROWS)]


def rows_of(parts: list[bytes]) -> pl.DataFrame:
    """What `Digest.parts` packed."""
    frames = [pl.read_ipc(BytesIO(part)) for part in parts]
    return pl.concat([pl.DataFrame(schema=ROWS), *frames], rechunk=True)


def _packed(rows: pl.DataFrame) -> bytes:
    target = BytesIO()
    rows.write_ipc(target, compression="lz4")
    return target.getvalue()


def source_hash(config: ImportConfig) -> pl.Expr:
    """64 bits over the mapped cells as they were written; null for a torn row.

    Each column has a factor of its own, so that no cell can take another's place.
    """
    total: pl.Expr = pl.lit(0, pl.UInt64)
    for name in sorted(config.mapping.columns):
        digest = sha256(name.encode()).digest()
        factor, nothing = (int.from_bytes(digest[i : i + 8]) | 1 for i in (0, 8))
        hashed: pl.Expr = plh.col(cell(name)).nchash.xxh3_64()
        total += hashed.fill_null(pl.lit(nothing, pl.UInt64)) * pl.lit(
            factor, pl.UInt64
        )
    sound = pl.col(FLAW) == 0
    return pl.when(sound).then(total.reinterpret(signed=True)).alias(SOURCE)


def identity(config: ImportConfig) -> str:
    """Names all that decides what a row becomes, but for its cells."""
    told = (
        _engine(),
        config.mapping.model_dump_json(),
        sorted(config.categories.items()),
        config.currency,
        config.duplicates,
        config.invalid_rows,
        sorted(config.commissions.items()),
    )
    return sha256(repr(told).encode()).hexdigest()


@cache
def _engine() -> str:
    """Changes with every change of the engine: the text of its modules counts."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    rules = (channel, mapping_model, conditions, rule_types, resolve, rule_steps)
    modules += [Path(str(module.__file__)) for module in rules]
    texts = b"\0".join(path.read_bytes() for path in modules)
    return f"{version('polars')} {version('polars-hash')} {sha256(texts).hexdigest()}"
