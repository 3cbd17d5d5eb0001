"""The line budget of a seller account and its backlog by lane."""
