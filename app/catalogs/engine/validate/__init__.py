"""Parses and validates attribute values; names every row problem."""
