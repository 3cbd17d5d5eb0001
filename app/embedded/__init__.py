"""Starts the database, the queue and our own processes with one command."""
