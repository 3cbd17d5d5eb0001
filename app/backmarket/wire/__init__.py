"""Back Market's wire format: parses answers and writes request bodies. Pure."""
