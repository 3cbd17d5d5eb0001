"""Reads rows of a stored catalog again, for reports."""
