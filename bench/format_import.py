"""Imports one file in this process: FORMAT WARM_FILE FILE DATABASE STORE."""

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psycopg

from app.catalogs.engine.pipeline.run import import_catalog
from app.catalogs.engine.read.source import SourceFile
from app.core.columns import new_id
from app.database import libpq_url
from app.stores.mapping.mapping_model import CatalogMapping
from bench.format_samples import FEED_NAMES
from bench.samples import COLUMNS, CONFIG


def import_file(name: str, path: Path, url: str, store_id: UUID) -> float:
    """Seconds of the import, from opening the file to the commit."""
    columns = COLUMNS.values()
    names = FEED_NAMES if name == "xml" else dict(zip(columns, columns, strict=True))
    mapping = {key: {"column": names[column]} for key, column in COLUMNS.items()}
    config = replace(CONFIG, mapping=CatalogMapping(attributes=mapping))
    start = time.perf_counter()
    with (
        psycopg.connect(libpq_url(url), autocommit=True) as connection,
        tempfile.TemporaryDirectory() as folder,
    ):
        counts = import_catalog(
            connection,
            SourceFile(path),
            config,
            store_id,
            new_id(),
            Path(folder),
            on_phase=lambda _phase: None,
            finish=lambda _connection, _result: None,
        ).counts
    assert counts.created > 0.9 * counts.rows > 0
    return time.perf_counter() - start


def peak_mb() -> float:
    """Peak memory of this program; `ru_maxrss` would include that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if "VmHWM" in line)
    return round(int(kilobytes) / 1024, 1)


def main() -> None:
    name, warm, path, url, store_id = sys.argv[1:]
    for _ in range(2):  # a worker lives long: its libraries are loaded
        import_file(name, Path(warm), url, new_id())
    seconds = import_file(name, Path(path), url, UUID(store_id))
    print(json.dumps({"seconds": round(seconds, 3), "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main()
