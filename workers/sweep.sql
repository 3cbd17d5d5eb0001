-- The statement of the sweep.

-- name: due_work
-- Which kinds of work may be due, by one cheap look: an idle worker does this alone.
SELECT ({{publications}}) AS publications, ({{late_tasks}}) AS late_tasks,
       ({{categories}}) AS categories, ({{orders}}) AS orders,
       ({{sources}}) AS sources, ({{drift}}) AS drift,
       ({{deliveries}}) AS deliveries, ({{alerts}}) AS alerts,
       ({{suspects}}) AS suspects
