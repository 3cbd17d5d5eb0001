"""Renders templates: escaped always, and an undefined name is an error."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from app.console.display import formats
from app.console.display.charts import sparkline, stacked_columns
from app.console.display.states import kind_of
from app.console.display.static_files import static_url
from app.core.columns import new_id


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("app.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.globals |= {
        "static": static_url,
        "new_id": lambda: str(new_id()),
        "sparkline": sparkline,
        "stacked_columns": stacked_columns,
        "plural": formats.plural,
    }
    made.filters |= {
        "utc": formats.utc_text,
        "iso": _iso,
        "words": formats.words,
        "shorten": formats.shorten,
        "listed": formats.listed,
        "kind": kind_of,
        "without": without,
        "pair": lambda code: (code, formats.words(code).capitalize()),
    }
    return made


def render(template: str, values: dict[str, Any], status: int = 200) -> HTMLResponse:
    """A page or a fragment."""
    text = environment().get_template(template).render(values)
    return HTMLResponse(text, status)


def without(query: Mapping[str, str], *names: str, **more: str) -> str:
    """The parameters of a page, less those names, with others instead. Pure."""
    kept = {k: v for k, v in query.items() if k not in names and v}
    return urlencode({**kept, **more})


def _iso(value: str | datetime | None) -> str:
    moment = formats.moment_of(value)
    return moment.isoformat().replace("+00:00", "Z") if moment else ""
