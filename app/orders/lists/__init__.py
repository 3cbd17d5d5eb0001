"""Lists orders: filters, stable pages in several orders, totals and CSV."""
