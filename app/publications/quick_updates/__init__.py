"""Stock and price updates without a file."""
