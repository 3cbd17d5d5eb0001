"""Seller accounts: the token, its limits, and whether Back Market accepts it."""
