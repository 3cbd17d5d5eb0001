"""Runs the lines of Python in a page of the documentation as they are."""

import asyncio
import os
import re
import sys
import textwrap

from tests.support.dying import run_program
from tests.support.stack import ROOT


def the_python_in(text: str) -> str:
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return textwrap.dedent(f"   {snippet.lstrip()}" if "   import" in text else snippet)


def the_text_in(text: str) -> list[str]:
    """The lines that the page says are printed."""
    (snippet,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    return [line.strip() for line in snippet.strip().splitlines()]


async def run_page(page: str, **environment: str) -> list[str]:
    """The lines that the page's Python prints; it must end well."""
    done = await asyncio.to_thread(
        run_program,
        [sys.executable, "-c", the_python_in((ROOT / "docs" / page).read_text())],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
