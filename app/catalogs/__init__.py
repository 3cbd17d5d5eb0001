"""Imports catalog files: sets the desired state of offers and reports row problems."""
