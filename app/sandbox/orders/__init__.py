"""Orders and their lines: states, moves, views."""
