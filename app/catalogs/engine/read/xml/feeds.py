"""Reads XML product feeds in the format of Google Shopping: RSS 2.0 and Atom.

Python's expat parses the file in chunks without building a tree. A document with a
DTD or entity declarations is rejected.
"""

from dataclasses import dataclass, field
from html.entities import html5
from pathlib import Path
from xml.parsers import expat

from app.catalogs.engine.read.records import Record, Records
from app.catalogs.engine.read.source import CatalogRejectedError

ACCEPTED_XML = "an RSS 2.0 or Atom feed, well-formed, without DOCTYPE"
_CHUNK = 64 * 1024
_MAX_TOKEN_LENGTH = 1 << 20
"""Maximum bytes of one token (tag, comment), which expat buffers completely."""
_MAX_ITEM_LENGTH = 1 << 20
"""Maximum characters of one item: its texts and the names of its columns."""
_MAX_DEPTH = 32
_MAX_NAMES = 5000
"""Maximum number of element and attribute names in a feed; the parser keeps them."""
_MAX_NAME_LENGTH = 1000
_ROOTS = frozenset({"rss", "feed", "RDF"})
_ITEMS = frozenset({"item", "entry"})
_WELL_KNOWN = {
    "http://base.google.com/ns/1.0": "g",
    "http://base.google.com/cns/1.0": "c",
    "http://www.w3.org/2005/Atom": "",
    "http://purl.org/rss/1.0/": "",
}
"""Column prefixes of known namespaces, independent of the prefixes in the feed."""
_HTML = {name[:-1]: text for name, text in html5.items() if name.endswith(";")}


@dataclass(slots=True)
class _Element:
    """An open element of an item. `path` is its column name."""

    path: str
    texts: list[str] = field(default_factory=list)
    children: dict[str, int] | None = None


@dataclass(slots=True)
class _Feed:
    """Parser state, and the complete items that were not yielded yet."""

    columns: dict[str, str] = field(default_factory=dict)
    depth: int = 0
    number: int = 0
    stack: list[_Element] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    size: int = 0
    ready: list[Record] = field(default_factory=list)

    def start_element(self, raw: str, attributes: list[str]) -> None:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _too_large(f"more than {_MAX_DEPTH} levels deep")
        name = self.column(raw)
        if self.depth == 1:
            _require_feed(raw)
        if self.stack:
            self._open_element(name, attributes)
        elif name in _ITEMS:
            self._open_item(attributes)

    def _open_item(self, attributes: list[str]) -> None:
        self.number += 1
        self.cells, self.size = {}, 0
        self.stack.append(_Element(""))
        self._add_attributes("", attributes)

    def _open_element(self, name: str, attributes: list[str]) -> None:
        """A repeated name becomes `name_2`, like columns of a CSV file."""
        parent = self.stack[-1]
        if parent.children is None:
            parent.children = {}
        count = parent.children[name] = parent.children.get(name, 0) + 1
        path = f"{parent.path}/{name}" if parent.path else name
        if count > 1:
            path = f"{path}_{count}"
        self.stack.append(_Element(path))
        self._add_size(path)
        if attributes:
            self._add_attributes(path, attributes)

    def _add_attributes(self, path: str, attributes: list[str]) -> None:
        for name, value in zip(attributes[::2], attributes[1::2], strict=True):
            column = f"{path}@{self.column(name)}"
            self._add_size(column)
            self._add_size(value)
            self.cells[column] = value.strip()

    def _add_size(self, text: str) -> None:
        self.size += len(text)
        if self.size > _MAX_ITEM_LENGTH:
            raise _too_large(f"an item of more than {_MAX_ITEM_LENGTH} characters")

    def character_data(self, text: str) -> None:
        if not self.stack:
            return
        self._add_size(text)
        self.stack[-1].texts.append(text)

    def skipped_entity(self, name: str, is_parameter: bool) -> None:  # noqa: FBT001 - expat's
        """Resolve an HTML entity that XML does not define, such as `&nbsp;`."""
        if is_parameter or name not in _HTML:
            raise _unreadable(f"the entity &{name[:40]}; is not known")
        self.character_data(_HTML[name])

    def end_element(self, _raw: str) -> None:
        self.depth -= 1
        if not self.stack:
            return
        element = self.stack.pop()
        text = "".join(element.texts).strip()
        if text and element.path:
            self.cells[element.path] = text
        if not self.stack:
            self.ready.append(Record(self.number, self.cells))

    def column(self, raw: str) -> str:
        """The column name for `URI name prefix`, which is how expat names elements."""
        column = self.columns.get(raw)
        if column is None:
            if len(self.columns) >= _MAX_NAMES or len(raw) > _MAX_NAME_LENGTH:
                raise _too_large("too many, or too long, names of elements")
            uri, *rest = raw.split(" ")
            name, prefix = rest[0] if rest else uri, "".join(rest[1:])
            prefix = _WELL_KNOWN.get(uri, prefix) if rest else ""
            column = f"{prefix}:{name}" if prefix else name
            self.columns[raw] = column
        return column


def feed_records(path: Path) -> Records:
    """The items of a feed in UTF-8; `line` is the number of the item.

    A column is named after an element (`g:price`), a nested element
    (`g:shipping/g:price`) or an attribute (`link@href`). Raises CatalogRejectedError:
    `unreadable`, `unsafe_xml` for a DOCTYPE, `too_large` for an item above the limits.
    """
    feed = _Feed()
    parser, bytes_fed = _parser(feed), 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                bytes_fed += len(chunk)
                parser.Parse(chunk, False)  # noqa: FBT003 - expat takes no name
                yield from feed.ready
                feed.ready.clear()
                if bytes_fed - parser.CurrentByteIndex > _MAX_TOKEN_LENGTH:
                    raise _too_large(f"a tag or comment over {_MAX_TOKEN_LENGTH} bytes")
            parser.Parse(b"", True)  # noqa: FBT003 - as above
    except expat.ExpatError as error:
        raise _unreadable(str(error)) from error


def _parser(feed: _Feed) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")

    def empty_dtd(context: str, *_named: str | None) -> int:
        """expat requests the DTD once, at the first element: pass an empty one."""
        parser.ExternalEntityParserCreate(context).Parse(b"", True)  # noqa: FBT003 - as below
        return 1

    parser.namespace_prefixes = True
    parser.ordered_attributes = True
    parser.buffer_text, parser.buffer_size = True, _CHUNK
    # No DTD is read; this makes expat report undeclared entities.
    parser.UseForeignDTD(True)  # noqa: FBT003 - expat takes no name
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
    parser.ExternalEntityRefHandler = empty_dtd
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.SkippedEntityHandler = feed.skipped_entity
    parser.StartElementHandler = feed.start_element
    parser.EndElementHandler = feed.end_element
    parser.CharacterDataHandler = feed.character_data
    return parser


def _refuse_doctype(*_declaration: object) -> None:
    raise CatalogRejectedError(
        "unsafe_xml", "the XML has a DOCTYPE, which may declare entities", ACCEPTED_XML
    )


def _require_feed(raw: str) -> None:
    local = raw.split(" ")[1] if " " in raw else raw
    if local not in _ROOTS:
        raise CatalogRejectedError(
            "unknown_format",
            f"the file is XML, but <{local[:40]}> is not a feed",
            ACCEPTED_XML,
        )


def _unreadable(why: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "unreadable", f"the XML is damaged: {why}", ACCEPTED_XML
    )


def _too_large(what: str) -> CatalogRejectedError:
    return CatalogRejectedError("too_large", f"the XML has {what}", ACCEPTED_XML)
