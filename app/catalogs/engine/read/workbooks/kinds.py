"""Recognizes workbooks by their content; a name or a media type says nothing."""

import zipfile

from app.catalogs.engine.read.source import CatalogRejectedError

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
ACCEPTED_WORKBOOK = "a workbook as .xlsx, .xls or .ods, without a password"
_OFFICE = "[Content_Types].xml"
_XLSX = "xl/workbook.xml"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_MIMETYPE_LENGTH = 100


def workbook_in(archive: zipfile.ZipFile) -> str | None:
    """`xlsx` or `ods` if the archive is such a workbook, None for other archives.

    Raises CatalogRejectedError for another office document.
    """
    names = set(archive.namelist())
    if _OFFICE in names:
        if _XLSX in names:
            return "xlsx"
        raise _other_document("another Office document than a workbook in .xlsx")
    if "mimetype" in names:
        with archive.open("mimetype") as file:
            kind = file.read(_MIMETYPE_LENGTH).decode("latin-1").strip()
        if kind.startswith(f"{_OPEN_DOCUMENT}spreadsheet"):
            return "ods"
        if kind.startswith(_OPEN_DOCUMENT):
            raise _other_document("another OpenDocument file than a spreadsheet")
    return None


def is_old_workbook(head: bytes) -> bool:
    """Whether the file is an OLE container: .xls, or an encrypted workbook."""
    return head.startswith(OLE_MAGIC)


def may_be_workbook(head: bytes) -> bool:
    """Whether the file is an OLE container or an archive."""
    return is_old_workbook(head) or head.startswith(ZIP_MAGIC)


def _other_document(what: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "unknown_format", f"the file is {what}", ACCEPTED_WORKBOOK
    )
