"""Inspects a file in a child process of limited memory; prints how it ended as JSON.

Called by tests for files that could take the memory of the machine.
"""

import json
import resource
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from tests.support.dying import run_program

MEMORY = 2 << 30
"""Address space of the child in bytes; an idle one with Polars takes about half."""


def ending_of(path: Path) -> dict:
    """`code` of the rejection, None if the file was read."""
    done = run_program(
        [sys.executable, "-m", "tests.catalogs.engine.hostile", path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    code = None
    with TemporaryDirectory() as folder:
        try:
            inspect_catalog(SourceFile(Path(sys.argv[1])), Path(folder))
        except CatalogRejectedError as error:
            code = error.code
    print(json.dumps({"code": code}))  # noqa: T201


if __name__ == "__main__":
    main()
