"""Idempotency keys in the API document and in the class of routes."""
