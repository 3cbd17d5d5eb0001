"""Orders: lists, one order, actions on one or many, totals."""
