"""Signed webhooks from other services, which ask for a publication."""
