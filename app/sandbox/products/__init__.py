"""Back Market's product catalog and category tree."""
