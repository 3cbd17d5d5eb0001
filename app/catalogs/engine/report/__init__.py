"""Reads single rows of a stored catalog for reports."""
