-- Membership queries, newest first.
-- $1 uuid: after this one, or null: from the newest  $2 bigint: at most so many
-- row: id, request's number, deployment or null, about no day, day, asked by, asked at, expires
--      at, commitment or null, mismatches, state, decided by or null, decided at or null
SELECT id, request_number, deployment_id, day IS NULL, coalesce(day - DATE '1970-01-01', 0),
       asked_by, asked_at, expires_at, commitment, mismatches, state, decided_by, decided_at
FROM overt.membership_query
WHERE $1::uuid IS NULL
   OR (asked_at, id) < (SELECT asked_at, id FROM overt.membership_query WHERE id = $1)
ORDER BY asked_at DESC, id DESC
LIMIT $2
