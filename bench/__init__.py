"""The speed promises, each a command that prints ratios."""
