"""Proposes a mapping from a file; runs in a parser process."""

from pathlib import Path

from app.catalogs.engine.read.inspect import Inspection, inspect_catalog
from app.catalogs.engine.read.sample import take_sample
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.mapping.proposal import Proposal, propose


def propose_from(
    source: SourceFile, max_bytes: int, rows: int, workdir: Path
) -> tuple[Inspection, list[Proposal]]:
    """The columns of a catalog, and the attributes that they may be.

    Reads at most `max_bytes` and looks at `rows` rows. Raises CatalogRejectedError.
    """
    head = take_sample(source, max_bytes, workdir)
    found = inspect_catalog(head.source, workdir, rows)
    return found, propose(found.columns, found.sample)
