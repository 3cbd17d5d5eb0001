"""Stock and price changes without a file."""
