"""`refeed backup` and `refeed restore`: database and files in one archive.

`archive` writes and reads the archive, `tools` runs pg_dump and pg_restore, `database`
finds the database, `make` and `restore` put them together.
"""
