"""Checks prose for banned words: docstrings, comments, messages, SQL, Markdown.

Run as `python -m tests.project.prose [PATH ...]`; prints `file:line: word -> hint` and
exits with 1 when it finds any. The words are those that this project replaced by
standard terms; the glossary page lists the vocabulary.
"""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.dying import run_program

BANNED = {
    r"rooms?": "package",
    r"doorways?": "dependency",
    r"doors?": "method, client, route, port",
    r"houses?": "package",
    r"neighbours?": "sibling stores",
    r"told|tells?|telling": "report, show, return, say",
    r"stands?|stood|standing": "state, is, has",
    r"nobody|somebody|anybody": "no one, a person, a caller",
    r"whoever|whomever": "the caller that",
    r"(?:what )?(?:became|becomes|become) of": "outcome, result",
    r"beside": "next to, besides, alongside",
    r"lets? go|letting go": "release, delete",
    r"no more(?! than)": "no longer, none left",
    r"wish(?:es)?": "desired state",
    r"verdicts?": "outcome",
    r"judge(?:s|d)?|judging|judge?ments?": "action, evaluate",
    r"crashpoints?": "failpoint",
    r"housekeeping": "retention",
    r"express runs?": "priority run",
    r"in force": "current",
    r"take(?:s|n)? up|took up": "claim, start",
    r"hung up|hangs? up": "close",
    r"mend(?:s|ed|ing)?": "fix",
    r"goods": "product",
    r"unrest": "churn",
    r"the like": "and similar",
    r"hand(?:s|ed)? (?:in|over|back)": "submit, pass, return, release",
    r"at a loss": "unknown",
    r"nothing but": "only",
    r"in vain": "without success",
    r"heart": "core",
    r"by hand at": "manually at",
    r"a mistake of ours": "internal error",
    r"again and again": "repeatedly",
    r"under way": "running, open, active",
    r"looks? again": "check again, retry",
    r"for good": "permanently",
    r"want(?:s|ed)? to be": "must be",
}
PATTERN = re.compile(
    "|".join(f"(?P<w{n}>\\b(?:{word})\\b)" for n, word in enumerate(BANNED)),
    re.IGNORECASE,
)
HINTS = tuple(BANNED.values())
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER|JOIN)\b")
CODE_SPAN = re.compile(r"``.*?``|`[^`\n]*`", re.DOTALL)
URL = re.compile(r"\bhttps?://\S+")
EXEMPT = {
    Path("docs/reference/glossary.md"),
    Path("tests/project/prose.py"),
    Path("tests/project/test_prose.py"),
}
"""Files that name the replaced words on purpose."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A banned word in a file; `line` counts from 1."""

    path: Path
    line: int
    word: str
    hint: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r} -> {self.hint}"


def find_in(text: str) -> Iterator[tuple[int, str, str]]:
    """Banned words of a text as line offset from 0, word and hint."""
    plain = URL.sub("", CODE_SPAN.sub(_blank, text))
    for match in PATTERN.finditer(plain):
        line = plain.count("\n", 0, match.start())
        hint = HINTS[int(str(match.lastgroup)[1:])]
        yield line, match.group(), hint


def _blank(match: re.Match[str]) -> str:
    return "\n" * match.group().count("\n") + " "


def python_prose(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings, comments and message-like strings, each with its first line."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and _is_prose(node.value):
            yield node.lineno, str(node.value)


def _is_prose(value: object) -> bool:
    """A text of several words that is no SQL."""
    return isinstance(value, str) and " " in value and not SQL.search(value)


def markdown_prose(source: str) -> Iterator[tuple[int, str]]:
    """The lines outside fenced code."""
    fenced = False
    for number, line in enumerate(source.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def sql_prose(source: str) -> Iterator[tuple[int, str]]:
    """The comments of an SQL file."""
    for number, line in enumerate(source.splitlines(), 1):
        _, marker, comment = line.partition("--")
        if marker:
            yield number, comment


READERS = {".py": python_prose, ".md": markdown_prose, ".sql": sql_prose}


def check(paths: list[Path]) -> list[Finding]:
    """All findings in these files."""
    return [
        Finding(path, first + offset, word, hint)
        for path in paths
        if path.suffix in READERS and path not in EXEMPT
        for first, text in READERS[path.suffix](path.read_text())
        for offset, word, hint in find_in(text)
    ]


def tracked(paths: list[str]) -> list[Path]:
    """Files in git at or below these paths."""
    command = ["git", "ls-files", "--", *paths]
    listed = run_program(command, capture_output=True, text=True, check=True)
    return [Path(name) for name in listed.stdout.splitlines()]


def main() -> int:
    findings = check(tracked(sys.argv[1:] or ["."]))
    for finding in findings:
        print(finding)  # noqa: T201 - a command
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
