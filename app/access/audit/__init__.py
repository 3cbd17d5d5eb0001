"""The audit log: who changed what and when, before and after (decision 35).

`record` writes an entry in the transaction of the change. Entries are never changed.
"""
