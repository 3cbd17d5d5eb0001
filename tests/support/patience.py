"""How long tests wait for what has to happen."""

PATIENCE = 300
"""Seconds: a hundred times what an idle machine needs; only a failing test waits so."""
