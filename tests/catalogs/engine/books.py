"""Writes small workbooks by hand, also such as no program would write."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)

Cell = str | int | float | bool | None


def cell_xml(column: int, row: int, value: Cell) -> str:
    """A cell; texts that start with `<` are the cell's own XML."""
    place = f"{letters(column)}{row}"
    match value:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        case str() if value.startswith("<"):
            return f'<c r="{place}" {value[1:]}</c>'
        case str():
            text = f"<is><t>{escape(value)}</t></is>"
            return f'<c r="{place}" t="inlineStr">{text}</c>'
        case _:
            return f'<c r="{place}"><v>{value!r}</v></c>'


def letters(column: int) -> str:
    """The name of a column: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, digit = divmod(column - 1, 26)
        name = chr(ord("A") + digit) + name
    return name


def sheet_xml(rows: Sequence[Sequence[Cell]], top: int = 1) -> str:
    """The sheet, whose first row is row `top`."""
    lines = (
        f'<row r="{number}">'
        + "".join(cell_xml(n, number, value) for n, value in enumerate(row, start=1))
        + "</row>"
        for number, row in enumerate(rows, start=top)
    )
    return f"<sheetData>{''.join(lines)}</sheetData>"


def xlsx(
    sheets: Mapping[str, str | Sequence[Sequence[Cell]]],
    hidden: Sequence[str] = (),
    shared: Sequence[str] = (),
) -> bytes:
    """A workbook with these sheets: rows, or the XML inside the sheet."""
    names = list(sheets)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        'package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        f'ContentType="{_KIND}.sheet.main+xml"/></Types>',
        "_rels/.rels": _links({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        + "".join(
            f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}" '
            f'state="{"hidden" if name in hidden else "visible"}"/>'
            for n, name in enumerate(names, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _links(
            {
                f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml")
                for n in range(1, len(names) + 1)
            }
            | {
                "rId98": ("styles", "styles.xml"),
                "rId99": ("sharedStrings", "sharedStrings.xml"),
            }
        ),
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">'
        + "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
        + "</sst>",
    }
    for number, content in enumerate(sheets.values(), start=1):
        inner = content if isinstance(content, str) else sheet_xml(content)
        part = f'<worksheet xmlns="{_MAIN}">{inner}</worksheet>'
        parts[f"xl/worksheets/sheet{number}.xml"] = part
    return zipped_parts(parts)


def ods(rows_xml: str) -> bytes:
    """A workbook with one table, of these rows."""
    office, table, text = (
        f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"
        for name in ("office", "table", "text")
    )
    content = (
        f'<office:document-content xmlns:office="{office}" xmlns:table="{table}" '
        f'xmlns:text="{text}">'
        '<office:body><office:spreadsheet><table:table table:name="a">'
        f"{rows_xml}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped_parts(
        {
            "mimetype": kind,
            "META-INF/manifest.xml": f'<m:manifest xmlns:m="{manifest}"/>',
            "content.xml": content,
        }
    )


def zipped_parts(parts: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _links(targets: Mapping[str, tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_LINKS}">{inner}</Relationships>'
