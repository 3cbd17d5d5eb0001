-- Parts of comparison.sql that repeat for each field; comparison_sql.py fills them in.

-- name: drift_entry
-- The part of `drift` of one field; empty where the field does not differ.
CASE WHEN d_{{field}} THEN jsonb_build_object('{{field}}', jsonb_build_object(
  'ours', {{ours}}::text,
  'theirs', {{theirs}}::text,
  'kind', CASE WHEN {{never_shown}} THEN 'not_applied' ELSE 'by_hand' END,
  'action', CASE {{action}} WHEN :overwrite OR {{never_shown}} THEN 'sent_again'
                 ELSE 'not_sent' END,
  'seen_at', CASE WHEN k_drift ? '{{field}}' AND k_drift #>> '{{{field}},theirs}'
                       IS NOT DISTINCT FROM {{theirs}}::text
                  THEN k_drift #> '{{{field}},seen_at}'
                  ELSE to_jsonb(CAST(:looked_at AS text)) END))
ELSE '{}'::jsonb END

-- name: moved
-- Takes the value of the listing where the field is to be sent again.
live_{{field}} = CASE WHEN c.drift #>> '{{{field}},action}'
  IN ('sent_again', 'new_sku_needed') THEN {{theirs}} ELSE o.live_{{field}} END
