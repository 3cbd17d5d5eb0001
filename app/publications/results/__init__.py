"""Resolves submissions, records outcomes and verifies listings."""
