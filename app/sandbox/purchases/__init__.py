"""Creates orders: single purchases, seeded orders, churn."""
