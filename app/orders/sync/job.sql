-- name: record_page
-- Adds the counts of a page, and stores the next page to read. Parameters: id, page,
-- count, page_missing, missing_pages, count_decreases, rereading, read, changed, latest.
UPDATE order_sync
   SET page = :page, count = :count, page_missing = :page_missing,
       missing_pages = :missing_pages, count_decreases = :count_decreases,
       rereading = :rereading, read = read + :read, changed = changed + :changed,
       latest_modified_at = greatest(latest_modified_at, :latest),
       failures = 0, reason_code = NULL, reason = NULL
 WHERE account_id = :id
