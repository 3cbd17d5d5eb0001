"""Listings of an account, their fields, and the ledger of writes."""
