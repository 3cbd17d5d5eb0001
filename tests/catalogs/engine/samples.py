"""A mapping and catalogs that tests share."""

import io
import zipfile
from collections.abc import Iterable, Mapping

GOOD_EANS = ("4006381333931", "96385074", "036000291452", "5901234123457")
COLUMNS = ("sku", "ean", "price", "quantity", "grade", "category")
MAPPING = {name: {"column": name} for name in COLUMNS}


def row(sku: str, **cells: str) -> dict[str, str]:
    """A good row, but for the given cells."""
    return {
        "sku": sku,
        "ean": GOOD_EANS[0],
        "price": "199.90",
        "quantity": "5",
        "grade": "GOOD",
        "category": "Phones",
    } | cells


def catalog(*rows: dict[str, str], columns: Iterable[str] = COLUMNS) -> str:
    """The rows as CSV."""
    lines = [",".join(columns)]
    lines += [",".join(cells.get(name, "") for name in columns) for cells in rows]
    return "\n".join(lines) + "\n"


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive with these files in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


BILLION_LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">'
    + b"".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">'.encode() for n in range(1, 10))
    + b"]><rss><channel><item><title>&a9;</title></item></channel></rss>"
)

GOOGLE_FEED = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">
  <channel>
    <title>A shop</title>
    <link>https://shop.example</link>
    <item>
      <g:id>IP12-64</g:id>
      <title><![CDATA[iPhone 12 <64 GB> & case]]></title>
      <description>Used&nbsp;&eacute; &lt;b&gt;good&lt;/b&gt; &amp;amp; x</description>
      <link>https://shop.example/ip12?a=1&amp;b=2</link>
      <g:gtin>4006381333931</g:gtin>
      <g:price>799.00 EUR</g:price>
      <g:condition>GOOD</g:condition>
      <g:product_type>Phones</g:product_type>
      <g:quantity>5</g:quantity>
      <g:image_link>https://shop.example/0.jpg</g:image_link>
      <g:additional_image_link>https://shop.example/1.jpg</g:additional_image_link>
      <g:additional_image_link>https://shop.example/2.jpg</g:additional_image_link>
      <g:shipping>
        <g:country>FR</g:country>
        <g:price>4.95 EUR</g:price>
      </g:shipping>
      <g:shipping>
        <g:country>DE</g:country>
        <g:price>9.95 EUR</g:price>
      </g:shipping>
    </item>
    <item>
      <g:id>IP13-128</g:id>
      <g:gtin>96385074</g:gtin>
      <g:price>0.10 EUR</g:price>
      <g:condition>GOOD</g:condition>
      <g:product_type>Phones</g:product_type>
      <g:quantity>nine</g:quantity>
    </item>
  </channel>
</rss>
"""
GOOGLE_MAPPING = {
    "sku": {"column": "g:id"},
    "ean": {"column": "g:gtin"},
    "price": {"column": "g:price"},
    "quantity": {"column": "g:quantity"},
    "grade": {"column": "g:condition"},
    "category": {"column": "g:product_type"},
}


def counted(result) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "disappeared", "invalid")
    return {n: v for n in names if (v := getattr(result.counts, n))}
