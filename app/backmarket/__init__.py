"""Talks to Back Market over HTTP: sends offers, reads tasks, listings, categories."""
