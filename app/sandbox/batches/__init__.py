"""Batch rows and tasks, and what makes a row valid."""
