-- The lists that a list is compared with: of other deployments of its kind, once there is anybody on
-- them, whether erased or not.
-- $1 uuid: deployment
-- row: deployment, whether the ledger holds its list
SELECT other.id, erasure.ledger IS NOT DISTINCT FROM 'written'
FROM overt.deployment AS own
JOIN overt.deployment AS other ON other.kind = own.kind AND other.id <> own.id
LEFT JOIN overt.list_erasure AS erasure ON erasure.deployment_id = other.id
WHERE own.id = $1
  AND CASE WHEN erasure.ledger = 'written' THEN erasure.subjects > 0
           ELSE EXISTS (SELECT FROM watchlist.entry AS entry
                        WHERE entry.deployment_id = other.id AND entry.approved_at IS NOT NULL)
      END
ORDER BY other.id
