"""Runs a publication: start, send, finish."""
