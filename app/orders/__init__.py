"""Orders: fetched from Back Market, listed, and moved on line by line."""
