"""Previews an import: counts by outcome, and sample rows. Writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline import row_report
from app.catalogs.engine.pipeline.diff import (
    DUPLICATE,
    STORED_SCHEMA,
    compare,
    find_duplicates,
)
from app.catalogs.engine.pipeline.full_rows import BLOCKING, FIELDS, NOT_FOR_SALE, TORN
from app.catalogs.engine.pipeline.known_products import NO_PAIRS, with_product_facts
from app.catalogs.engine.pipeline.stage import Staged, stage
from app.catalogs.engine.read.frames import LINE, cell
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.sample import take_sample
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.engine.transform.fill_down import fill_down
from app.catalogs.engine.transform.rules import (
    EXCLUDED_BY,
    count_excluded,
    filter_names,
)
from app.catalogs.engine.validate.problems import EXCLUDED, NOTE_CODES

_MAX_CELL_LENGTH = 300
_MAX_PROBLEMS = 10_000
_AMOUNTS = frozenset({"price", "min_price"})


@dataclass(frozen=True, slots=True)
class Funnel:
    """rows = excluded + uncategorized + invalid + valid."""

    rows: int
    excluded: int
    excluded_by: dict[str, int]
    uncategorized: int
    invalid: int
    invalid_by: dict[str, int]
    noted_by: dict[str, int]
    valid: int


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One row: its cells, attribute texts, offer values and problems."""

    line: int
    outcome: str
    cells: dict[str, str | None]
    texts: dict[str, str | None]
    values: dict[str, object]
    problems: list[dict[str, Any]]
    excluded_by: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """`is_whole`: the funnel counts all rows of the catalog."""

    is_whole: bool
    funnel: Funnel
    rows: list[SampleRow]


def preview_catalog(
    source: SourceFile,
    config: ImportConfig,
    workdir: Path,
    max_bytes: int,
    sample: int,
) -> Preview:
    """Run an import up to the point where it would write.

    Raises CatalogRejectedError as an import does.
    """
    with TemporaryDirectory(dir=workdir) as folder:
        head = take_sample(source, max_bytes, Path(folder))
        columns = config.mapping.columns
        with open_catalog(head.source, columns, Path(folder)) as opened:
            frame = fill_down(opened.frame, config.mapping, Path(folder))
            staged = stage(frame, with_product_facts(config, frame, NO_PAIRS))
            funnel = _funnel(staged)
            rows = list(_sample_rows(staged, _lines(staged.keys, sample)))
    return Preview(head.is_whole, funnel, rows)


def _funnel(staged: Staged) -> Funnel:
    keys, config = staged.keys, staged.config
    duplicates = find_duplicates(keys, config.duplicates)
    no_offers = pl.DataFrame(schema=STORED_SCHEMA)
    counts = compare(keys, no_offers, duplicates, config.invalid_rows).counts
    by_filter = count_excluded(config.mapping, keys)
    excluded = sum(by_filter.values())
    is_sold = (pl.col("mask") & NOT_FOR_SALE) == 0
    by_code = row_report.problem_counts(keys.filter(is_sold), duplicates)
    return Funnel(
        rows=counts.rows,
        excluded=excluded,
        excluded_by=by_filter,
        uncategorized=counts.uncategorized,
        invalid=counts.invalid - counts.uncategorized - excluded,
        invalid_by={c: n for c, n in by_code.items() if c not in NOTE_CODES},
        noted_by={c: n for c, n in by_code.items() if c in NOTE_CODES},
        valid=counts.created,
    )


def _lines(keys: pl.DataFrame, most: int) -> pl.Series:
    """The first row of each combination of problems, then the first rows, by line."""
    kinds = [n for n in ("mask", EXCLUDED_BY) if n in keys.columns]
    first = keys.group_by(kinds).agg(pl.col(LINE).min()).sort(LINE)[LINE].head(most)
    chosen = pl.concat([first, keys[LINE].sort().head(most)])
    return chosen.unique(maintain_order=True).head(most).sort()


def _sample_rows(staged: Staged, lines: pl.Series) -> Iterator[SampleRow]:
    config, sample = staged.config, staged.in_memory(lines)
    texts = sample.texts(lines).collect()
    duplicates = find_duplicates(staged.keys, config.duplicates)
    keys = staged.keys.filter(pl.col(LINE).is_in(lines.implode()))
    bad = row_report.rows_to_report(keys, duplicates, _MAX_PROBLEMS)
    bad = bad.with_columns(filter_names(config.mapping, keys, bad[LINE]))
    problems = row_report.problem_rows(texts, bad, _MAX_PROBLEMS).to_dicts()
    masks = dict(bad.select(LINE, "mask").iter_rows())
    cells = sample.frame.select(
        LINE,
        *(
            pl.col(cell(name)).str.slice(0, _MAX_CELL_LENGTH).alias(name)
            for name in sorted(config.mapping.columns)
        ),
    ).collect()
    full = pl.concat(sample.batches()).select(LINE, *FIELDS)
    parts = (part.sort(LINE).to_dicts() for part in (cells, texts, full))
    for cells_of_row, text, fields_of_row in zip(*parts, strict=True):
        line = cells_of_row.pop(LINE)
        own = [p for p in problems if p["line"] == line]
        mask = masks.get(line, 0)
        yield SampleRow(
            line=line,
            outcome=_outcome(mask),
            cells=cells_of_row,
            texts={n: v for n, v in text.items() if n != LINE},
            values=_values(fields_of_row, config),
            problems=[p for p in own if p["code"] != "excluded"],
            excluded_by=next(
                (p["value"] for p in own if p["code"] == "excluded"), None
            ),
        )


def _outcome(mask: int) -> str:
    if mask & EXCLUDED:
        return "excluded"
    if mask & NOT_FOR_SALE:
        return "uncategorized"
    return "invalid" if mask & (BLOCKING | TORN | DUPLICATE) else "valid"


def _values(fields: dict[str, Any], config: ImportConfig) -> dict[str, object]:
    """Values of mapped attributes; amounts as decimal texts."""
    names = [n for n in FIELDS if n in config.mapping.attributes or n == "shipping"]
    values = {n: fields[n] for n in names if n != "shipping" or fields[n] is not None}
    for name in _AMOUNTS & values.keys():
        cents = values[name]
        values[name] = None if cents is None else f"{cents // 100}.{cents % 100:02}"
    return values
