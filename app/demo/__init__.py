"""Shows the whole service with a sample merchant: `make demo`."""
