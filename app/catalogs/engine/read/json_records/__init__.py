"""Reads JSON: one object per line, an array, or an object around one list."""
