-- Lists that should be gone: every deployment and every table of a list, with what is wrong with it.
-- $1 bigint: seconds after the due time that are no fault
-- row: code ('' if nothing is wrong), deployment (or null), since when (or null)
SELECT CASE
           WHEN deployment.state = 'erased' AND erasure.certified_at IS NULL
               THEN 'list.not_certified'
           WHEN deployment.state IN ('closed', 'refused', 'cancelled')
                AND clock_timestamp() > overt.list_due_at(deployment.id) + $1 * interval '1 second'
               THEN 'list.overdue'
           ELSE ''
       END,
       deployment.id, overt.list_due_at(deployment.id)
FROM overt.deployment AS deployment
LEFT JOIN overt.list_erasure AS erasure ON erasure.deployment_id = deployment.id
UNION ALL
SELECT CASE
           WHEN owner.id IS NULL OR owner.state = 'erased' OR erasure.dropped_at IS NOT NULL
               THEN 'list.tables_left'
           ELSE ''
       END,
       owner.id, erasure.dropped_at
FROM pg_class AS part
LEFT JOIN overt.deployment AS owner
    ON right(part.relname::text, 33) = '_' || replace(owner.id::text, '-', '')
LEFT JOIN overt.list_erasure AS erasure ON erasure.deployment_id = owner.id
WHERE part.relnamespace = 'watchlist'::regnamespace AND part.relkind IN ('r', 'm', 'f')
  AND part.relname <> 'tally' -- numbers only: it stays
