"""Answers a repeated POST with the same Idempotency-Key without a second effect."""
