"""Orders: fetched from Back Market, listed, and changed line by line."""
