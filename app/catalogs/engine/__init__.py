"""The catalog engine: turns a stored file into active offers and a row report.

It works on columns, not rows: Polars reads, validates and compares; only changes are
written to PostgreSQL. Entry points: `pipeline.run.import_catalog`,
`pipeline.preview.preview_catalog` and `read.inspect.inspect_catalog`.
"""
