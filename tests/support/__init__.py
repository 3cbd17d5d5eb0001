"""Shared parts of tests: a store as a client of the API sees it."""
