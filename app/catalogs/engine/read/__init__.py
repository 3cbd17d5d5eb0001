"""Opens a stored file in any supported format as a lazy frame."""
