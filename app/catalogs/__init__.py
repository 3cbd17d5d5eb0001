"""Catalogs come in as files; wanted offers and a report on every row come out."""
