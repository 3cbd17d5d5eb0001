"""What processes count: definitions, recording, and files that processes share.

Counts of all processes that share a state folder are added up (decision 43). What can
be read from PostgreSQL is not counted: see `app/monitoring`.
"""
