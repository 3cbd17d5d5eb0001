"""The documentation is complete and whole: pages, links, paths, no foreign assets."""

import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.cli import app as cli
from tests.support.dying import run_program

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
OUTSIDE = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
OUTSIDE += [ROOT / "CHANGELOG.md", ROOT / "bench" / "README.md"]
DECISIONS = sorted(DOCS.glob("decisions/0*.md"))
SECTIONS = ["Context", "Decision", "Alternatives", "Consequences", "Enforced by"]
ASSETS = {"script": "src", "img": "src", "iframe": "src", "link": "href"}
ELSEWHERE = re.compile(r"^(?:https?:)?//")
FENCED = re.compile(r"```.*?```", re.DOTALL)


def pages_of(nav: list[object]) -> Iterator[str]:
    """The pages that a navigation names."""
    for entry in nav:
        if isinstance(entry, dict):
            for below in entry.values():
                yield from pages_of(below)
        else:
            yield str(entry)


def test_the_navigation_names_every_page_once():
    project = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]

    named = sorted(pages_of(project["nav"]))

    assert named == [str(page.relative_to(DOCS)) for page in PAGES]


@pytest.mark.parametrize(
    "page", PAGES + OUTSIDE, ids=lambda page: str(page.relative_to(ROOT))
)
def test_links_between_documents_lead_to_files(page: Path):
    """Anchors and pages of the site are checked by `make docs`, too."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [target for target in targets if "://" not in target]

    assert [each for each in local if not (page.parent / each).exists()] == []
    if page in PAGES:  # the site has only its pages
        outside = [
            each
            for each in local
            if not (page.parent / each).resolve().is_relative_to(DOCS)
        ]
        assert outside == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_paths_of_the_code_that_a_page_names_exist(page: Path):
    text = FENCED.sub("", page.read_text())
    named = re.findall(r"`((?:app|workers|tests|migrations|bench)/[\w./-]+)`", text)

    assert {name for name in named if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_parts_and_names_what_enforces_it(page: Path):
    text = page.read_text()
    parts = re.findall(r"^## (.+)$|^\*\*(.+?)\.\*\*", text, re.MULTILINE)
    named = [heading or bold for heading, bold in parts]
    enforced = text.partition("**Enforced by.**")[2]

    assert [name for name in named if name in SECTIONS] == SECTIONS
    assert re.search(r"`(?:tests|bench)/[\w/.]+\.py`|import contract", enforced)


def test_the_index_of_decisions_names_each():
    index = (DOCS / "decisions" / "index.md").read_text()

    assert [page.name for page in DECISIONS] == re.findall(r"\((0\d+-.+?\.md)\)", index)


def test_every_command_of_refeed_is_described():
    commands = (DOCS / "operations" / "running.md").read_text()
    names = {
        command.name or command.callback.__name__
        for command in cli.registered_commands
        if command.callback
    }

    assert {name for name in names if f"`refeed {name}`" not in commands} == set()


class Assets(HTMLParser):
    """Collects what a page loads, and diagrams that would be drawn by a script."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.diagrams = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ASSETS and values.get("rel") != "canonical":
            self.loaded.append(values.get(ASSETS[tag]) or "")
        self.diagrams += "mermaid" in (values.get("class") or "")


def test_no_page_of_the_site_loads_anything_from_another_host(tmp_path: Path):
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    run_program(
        [Path(sys.executable).with_name("zensical"), "build", "--strict"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    built = sorted((tmp_path / "site").rglob("*.html"))
    assert len(built) > len(PAGES)

    for page in built:
        assets = Assets()
        assets.feed(page.read_text())
        assert assets.loaded, page
        assert [each for each in assets.loaded if ELSEWHERE.match(each)] == [], page
        assert not assets.diagrams, page
