"""Compares titles of the catalog with titles of live listings."""
