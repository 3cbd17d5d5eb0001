"""`/metrics`: figures of PostgreSQL, and what all processes of the machine counted.

Figures are read at a request, at most every few seconds (decision 43).
"""
