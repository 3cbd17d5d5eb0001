"""Runs PostgreSQL, Valkey and our own processes as children of one command."""
