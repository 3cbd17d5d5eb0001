"""Applies mapping and rules as Polars expressions."""
