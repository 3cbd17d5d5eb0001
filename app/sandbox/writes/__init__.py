"""Applies writes to listings, single and batch."""
