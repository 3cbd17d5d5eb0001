"""Child processes: start, watch, restart, stop, clean up."""
