"""Accepts orders that stock covers, as the rules of a store allow (decision 41)."""
