"""Reads which listings are online in markets where their account has no store."""
