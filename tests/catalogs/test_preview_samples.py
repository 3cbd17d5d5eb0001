"""Which part of a catalog a preview reads."""

import gzip
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.sample import take_sample
from app.catalogs.engine.read.source import (
    CatalogRejectedError,
    ReadLimits,
    SourceFile,
)
from app.settings import Settings
from tests.catalogs.previewing import preview, store_with
from tests.support.shop import CATEGORIES, MAPPING, as_csv, row
from tests.support.stack import open_api


async def test_only_the_beginning_of_a_large_catalog_is_read(settings: Settings):
    rows = as_csv([row(f"S{n}") for n in range(400)])
    async with open_api(
        settings.model_copy(update={"large_catalog_bytes": 4000})
    ) as api:
        path = await store_with(api, gzip.compress(rows), "application/gzip")

        found = await preview(
            api, path, mapping=MAPPING, categories=CATEGORIES["items"]
        )

    assert not found["whole"]
    assert 50 < found["funnel"]["rows"] < 150
    assert found["funnel"]["valid"] == found["funnel"]["rows"]


def test_only_the_first_records_of_a_large_json_array_are_read(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([row(f"S{n}") for n in range(50)]))
    source = SourceFile(path, limits=ReadLimits(max_sample_records=3))

    head = take_sample(source, 1000, tmp_path)

    assert (head.is_whole, inspect_catalog(head.source, tmp_path).rows) == (False, 3)


def test_a_sample_ends_with_a_line(tmp_path):
    csv, wide = tmp_path / "a.csv", tmp_path / "b.csv"
    csv.write_bytes(b"a;b\n1;2\n3;4\n")
    wide.write_text("a;b\n1;2\n3;4\n", encoding="utf-16")

    cut = take_sample(SourceFile(csv), 9, tmp_path)
    text = cut.source.path.read_bytes()
    uneven = take_sample(SourceFile(wide), 21, tmp_path)

    assert (cut.is_whole, text) == (False, b"a;b\n1;2\n")
    assert uneven.source.path.read_text("utf-16") == "a;b\n1;2\n"
    assert take_sample(SourceFile(csv), 12, tmp_path).is_whole


def test_formats_without_lines_are_sampled_by_record_and_zip_not_at_all(
    tmp_path: Path,
):
    csv = b"sku;price\
A;1\
B;2\
"
    zipped, parquet = tmp_path / "a.zip", tmp_path / "a.parquet"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.csv", csv)
    pl.DataFrame({"sku": ["A", "B"]}).write_parquet(parquet)
    feed = tmp_path / "a.xml"
    feed.write_text("<rss><channel><item><id>A</id></item></channel></rss>")

    whole = take_sample(SourceFile(zipped), len(csv), tmp_path)

    assert whole.is_whole
    assert whole.source.path.read_bytes() == csv
    for path in (parquet, feed):
        part = take_sample(SourceFile(path), 9, tmp_path)
        assert (part.is_whole, part.source.limits.max_records) == (False, 100_000)
    with pytest.raises(CatalogRejectedError) as refused:
        take_sample(SourceFile(zipped), len(csv) - 1, tmp_path)
    assert refused.value.code == "too_large_to_preview"
