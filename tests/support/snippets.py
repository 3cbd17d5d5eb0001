"""Python in the documents, run as it stands there."""

import asyncio
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.support.stack import ROOT

HOW_TO = ROOT / "docs" / "how-to"


def python_in(path: Path) -> str:
    """The one snippet of Python in a document."""
    (snippet,) = re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL)
    return textwrap.dedent(snippet)


async def output_of(snippet: str, variables: Mapping[str, str]) -> str:
    """What the snippet prints, run by a Python of its own."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", snippet],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
