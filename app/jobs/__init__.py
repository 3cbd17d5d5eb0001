"""Durable jobs in PostgreSQL rows; Redis only wakes the workers."""
