"""Fetches a seller account's orders page by page."""
