"""What a buyer may ask for: a copy of the buyer's data, and their erasure."""
