-- What a review looks at: the list now, and what changed since the review before.
-- $1 uuid: deployment
-- row: list version, approved, blue list approved, added, removed, expired, when the review before
--      was (or null), how many were approved after it
WITH last AS (
    SELECT max(reviewed_at) AS at FROM overt.watchlist_review WHERE deployment_id = $1
)
SELECT deployment.gallery_version, numbers.approved, numbers.blue, numbers.added,
       numbers.removed, numbers.expired, last.at, numbers.added_since
FROM overt.deployment AS deployment
CROSS JOIN last
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'approved' AND category <> 'blue_list') AS approved,
           count(*) FILTER (WHERE state = 'approved' AND category = 'blue_list') AS blue,
           count(*) FILTER (WHERE state = 'approved'
                              AND (last.at IS NULL OR approved_at > last.at)) AS added,
           count(*) FILTER (WHERE state = 'withdrawn' AND approved_by IS NOT NULL
                              AND (last.at IS NULL OR withdrawn_at > last.at)) AS removed,
           count(*) FILTER (WHERE state = 'expired' AND approved_by IS NOT NULL
                              AND (last.at IS NULL OR expired_at > last.at)) AS expired,
           count(*) FILTER (WHERE state = 'approved' AND approved_at > last.at) AS added_since
    FROM watchlist.entry WHERE deployment_id = $1
) AS numbers
WHERE deployment.id = $1
