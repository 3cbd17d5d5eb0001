"""Many order actions in one request, and tracking numbers from a file (decision 40)."""
