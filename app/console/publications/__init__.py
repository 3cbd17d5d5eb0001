"""Publications: history, one run while it works, changes, errors, held changes."""
