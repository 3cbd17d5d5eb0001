"""Exports row reports and rejected rows as CSV."""
