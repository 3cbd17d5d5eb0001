"""Parses and validates attribute values; defines every row problem."""
