"""`refeed doctor`: examines an installation; the one command that reads servers."""
