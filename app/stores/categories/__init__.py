"""Back Market's category tree and the product attributes of its leaves."""
