"""The reference of the sandbox names every fault, option and control call."""

import json
import re
from pathlib import Path

import pytest
from pydantic_core import to_jsonable_python

from app.sandbox.control.router import control_routes
from app.sandbox.faults import FaultKind
from app.sandbox.options import SandboxOptions
from app.sandbox.state import State

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md"


def rows(title: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_fault_has_its_row_in_the_order_of_the_code():
    assert [name for name, *_ in rows("Faults")] == [f"`{kind}`" for kind in FaultKind]


def test_every_option_has_its_row_and_default():
    named = {name: default for name, default, _ in rows("Options")}

    def written(default):
        plain = to_jsonable_python(default)
        if plain is None or plain == []:
            return "none"
        values = plain if isinstance(plain, list) else [plain]
        return ", ".join(f"`{text_of(value)}`" for value in values)

    def text_of(value):
        return value if isinstance(value, str) else json.dumps(value).removesuffix(".0")

    assert named == {
        f"`{name}`": written(field.default)
        for name, field in SandboxOptions.model_fields.items()
    }


@pytest.mark.parametrize("title", ["A seller who already sells", "Faults"])
async def test_examples_and_paths_of_the_page_exist(shop, title):
    section = PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    templates = [route.path for route in control_routes(State(SandboxOptions()))]
    patterns = [re.sub(r"\{[^}]+\}", "[^/]+", template) for template in templates]

    named = re.findall(r"/_sandbox(/[\w/{}-]+)", section)

    assert named
    for path in named:
        assert any(re.fullmatch(pattern, path) for pattern in patterns), path


async def test_the_example_of_an_existing_seller_works(shop):
    calls = re.findall(
        r"curl -sS \"\$sandbox([^\"]+)\"(?: -d '([^']*)')?", PAGE.read_text()
    )

    answers = []
    for path, body in calls:
        method = "POST" if body else "GET"
        answers.append(await shop.http.request(method, path, content=body))

    assert [answer.status_code for answer in answers] == [200, 200, 201, 200, 200]
    assert answers[3].json()["orderlines"][0]["state"] == 4
    assert answers[4].json()["entries"] == []
    (listing,) = (await shop.control("GET", "/listings?account=shop"))["accounts"][
        "shop"
    ]
    assert listing["quantity"] == 4
    assert listing["markets"]["GB"]["publication_state"] == 4
