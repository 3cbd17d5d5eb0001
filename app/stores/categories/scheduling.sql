-- Statements of the schedule of category refreshes.

-- name: any_due
EXISTS (SELECT 1 FROM category_snapshot WHERE next_at <= :now)
