"""The catalog engine: a stored file in, wanted offers and a row report out.

Columns, not rows: Polars reads, checks and compares; PostgreSQL gets what changed.
`importing.import_catalog` and `inspecting.inspect_catalog` are the two doors.
"""
