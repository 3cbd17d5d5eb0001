"""Row hashes of a store's last import, which let the next import skip unchanged rows.

A row with unchanged mapped cells gives the same offer, as long as settings and engine
are unchanged. The digest is written in the same transaction as the offers.
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

import polars as pl
import polars_hash as plh

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.transform.fill_down import filled_cells
from app.catalogs.engine.validate.decimal_separator import Separators
from app.stores import channel
from app.stores.mapping import (
    attribute_source,
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
_RULES = (
    channel,
    attribute_source,
    mapping_model,
    conditions,
    rule_types,
    resolve,
    rule_steps,
)
"""The modules outside the engine whose code affects the result of a row."""


@dataclass(frozen=True, slots=True)
class Digest:
    """One row per offer of the current catalog, and its decimal separators.

    LINE is the line of its row. SOURCE is null if the row must always be parsed again:
    it has problems, its EAN may be rounded, or several rows have its SKU.
    """

    separators: Separators
    rows: pl.DataFrame

    def without(self, fingerprints: pl.Series) -> "Digest":
        """A copy that forces the rows with these fingerprints to be parsed again."""
        keep = ~pl.col("fingerprint").is_in(fingerprints.drop_nulls().implode())
        rows = self.rows.with_columns(pl.when(keep).then(SOURCE).alias(SOURCE))
        return replace(self, rows=rows)

    def parts(self) -> list[bytes]:
        """Serialized parts of a few megabytes each, for `rows_of`."""
        return [_packed(part) for part in self.rows.iter_slices(_PART_ROWS)]


def rows_of(parts: list[bytes]) -> pl.DataFrame:
    """Deserialize the result of `Digest.parts`."""
    frames = [pl.read_ipc(BytesIO(part)) for part in parts]
    return pl.concat([pl.DataFrame(schema=ROWS), *frames], rechunk=True)


def _packed(rows: pl.DataFrame) -> bytes:
    target = BytesIO()
    rows.write_ipc(target, compression="lz4")
    return target.getvalue()


def source_hash(config: ImportConfig) -> pl.Expr:
    """64-bit hash of the raw mapped cells, filled ones too; null for a torn row.

    Each column has its own factor, so that swapped cells change the hash.
    """
    cells = [cell(name) for name in sorted(config.mapping.columns)]
    return _hash_of((*cells, *filled_cells(config.mapping)))


@lru_cache(maxsize=8)
def _hash_of(cells: tuple[str, ...]) -> pl.Expr:
    total: pl.Expr = pl.lit(0, pl.UInt64)
    for name in cells:
        digest = sha256(name.removeprefix("@").encode()).digest()
        factor, nothing = (int.from_bytes(digest[i : i + 8]) | 1 for i in (0, 8))
        hashed: pl.Expr = plh.col(name).nchash.xxh3_64()
        total += hashed.fill_null(pl.lit(nothing, pl.UInt64)) * pl.lit(
            factor, pl.UInt64
        )
    sound = pl.col(FLAW) == 0
    return pl.when(sound).then(total.reinterpret(signed=True)).alias(SOURCE)


def identity(config: ImportConfig) -> str:
    """Hash of everything except the cells that affects the result of a row."""
    content = (
        _engine(),
        config.mapping.model_dump_json(),
        sorted(config.categories.items()),
        config.currency,
        config.duplicates,
        config.invalid_rows,
        sorted(config.commissions.items()),
        config.products,
    )
    return sha256(repr(content).encode()).hexdigest()


@cache
def _engine() -> str:
    """Hash of the engine's source code, so that every change of it is a new engine."""
    texts = b"\0".join(path.read_bytes() for path in engine_sources())
    return f"{version('polars')} {version('polars-hash')} {sha256(texts).hexdigest()}"


def engine_sources() -> list[Path]:
    """The modules whose code affects the result of a row."""
    engine = Path(__file__).parents[1]
    rules = [Path(str(module.__file__)) for module in _RULES]
    return sorted(engine.rglob("*.py")) + rules
