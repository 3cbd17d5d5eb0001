"""Alerts to people: the events of a store, as digests by e-mail or chat (decision 39).

A trigger adds what is pending for a channel in the transaction of the event; a job per
channel sends one message for all of it.
"""
