-- Statements of the schedule of pulls.

-- name: any_due
EXISTS (SELECT 1 FROM catalog_source WHERE next_pull_at <= :now)
