"""Who may call: bearer API keys, scoped to stores and to read or write."""
