"""The lines of Python in a how-to, run as they stand there."""

import asyncio
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping

from tests.support.stack import ROOT


def the_python_in(text: str) -> str:
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return textwrap.dedent(snippet)


async def run_how_to(name: str, env: Mapping[str, str]) -> str:
    """What the one Python example of `docs/how-to/<name>.md` prints."""
    text = (ROOT / "docs" / "how-to" / f"{name}.md").read_text()
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", the_python_in(text)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
