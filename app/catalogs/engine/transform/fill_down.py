"""Carries values down within a group of rows, as `fill_down` of a mapping asks.

Shops export a product as several rows, one per variant, and write what the variants
share in the first of them only.
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.transform.cells import cell_text
from app.stores.mapping.attribute_source import AttributeSource
from app.stores.mapping.mapping_model import CatalogMapping


def filled_cell(by: str, name: str) -> str:
    """The frame's name for a source column that is filled down within groups."""
    return f"#filled:{len(by)}:{by}:{name}"


def source_cell(source: AttributeSource, name: str) -> str:
    """The cell that an attribute reads for a source column."""
    return filled_cell(source.fill_down.by, name) if source.fill_down else cell(name)


def cells_of(source: AttributeSource) -> list[str]:
    """All cells of the frame from which the text of an attribute is built."""
    filled = [source_cell(source, name) for name in source.text_columns]
    return list(dict.fromkeys([*filled, *map(cell, source.columns)]))


def filled_cells(mapping: CatalogMapping) -> list[str]:
    """All filled cells of a mapping, in a fixed order."""
    return [filled_cell(by, name) for by, name in _fills(mapping)]


def fill_down(
    frame: pl.LazyFrame, mapping: CatalogMapping, workdir: Path
) -> pl.LazyFrame:
    """The frame with its filled cells; without `fill_down` in the mapping, as it is.

    A value reaches the empty cells below it, in the order of the file, up to the next
    value of its group. Rows are of one group if the trimmed `by` cell is equal,
    wherever they are. A malformed row, and one without a group, takes no part. The
    file is read once: the result is in `workdir`, which must outlive the frame.
    """
    fills = _fills(mapping)
    if not fills:
        return frame
    path = workdir / "filled.arrow"
    frame.with_columns(_filled(by, name) for by, name in fills).sink_ipc(path)
    return pl.scan_ipc(path)


def _fills(mapping: CatalogMapping) -> list[tuple[str, str]]:
    return sorted({pair for s in mapping.attributes.values() for pair in _pairs(s)})


def _pairs(source: AttributeSource) -> Iterator[tuple[str, str]]:
    if source.fill_down:
        yield from ((source.fill_down.by, name) for name in source.text_columns)


def _filled(by: str, name: str) -> pl.Expr:
    own = pl.col(cell(name))
    group = pl.when(pl.col(FLAW) == 0).then(cell_text(by))
    value = pl.when(cell_text(name).is_not_null()).then(own)
    above = value.forward_fill().over(group, order_by=LINE)
    filled = pl.when(group.is_not_null()).then(above).otherwise(own)
    return filled.alias(filled_cell(by, name))
