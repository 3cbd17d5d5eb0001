"""The outbox: what happened, recorded in the transaction of the change (decision 38).

`app/webhook_endpoints` sends the events; nothing here knows who receives them.
"""
