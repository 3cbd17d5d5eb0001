"""The values that a browser would send for a form of a page."""

from html.parser import HTMLParser


class _Fields(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.values = action, list[tuple[str, str]]()
        self._inside = self._found = False
        self._area: str | None = None
        self._select: str | None = None
        self._chosen: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            is_first = not self._found
            is_post = given.get("method") == "post"
            is_wanted = is_first and is_post
            self._inside = is_wanted and given.get("action") == self.action
            self._found |= self._inside
        if not self._inside:
            return
        name = given.get("name", "")
        if tag == "input" and given.get("type") not in {"checkbox", "radio"}:
            self.values.append((name, given.get("value", "")))
        elif tag == "input" and "checked" in given:
            self.values.append((name, given["value"]))
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "select":
            self._select, self._chosen = name, None
        elif tag == "option" and ("selected" in given or self._chosen is None):
            self._chosen = given["value"]

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self.values.append((self._area, self._text))
            self._area = None
        elif tag == "select" and self._select is not None:
            self.values.append((self._select, self._chosen or ""))
            self._select = None
        elif tag == "form":
            self._inside = False


def fields_of(page: str, action: str) -> dict[str, str]:
    """The fields of the first POST form with this action, as the page shows them."""
    parser = _Fields(action)
    parser.feed(page)
    assert parser._found, f"no form for {action}"
    return dict(parser.values)
