"""Unmatched listings: on sale, named by no catalog row, ignored or set to 0."""
