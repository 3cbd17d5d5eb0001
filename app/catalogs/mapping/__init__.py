"""Mapping proposals and previews against a stored catalog."""
