"""Signed webhooks from other services that request a publication."""
