"""Finds orders by words: of names, SKUs and numbers."""
