"""Reads text with separators: CSV and TSV, well-formed or not."""
