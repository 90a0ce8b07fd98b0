-- Membership queries, newest first.
-- $1 bigint: how many at most
-- row: id, request's number, deployment or null, about no day, day, asked by, asked at, expires
--      at, commitment or null, mismatches, state, decided by or null, decided at or null
SELECT id, request_number, deployment_id, day IS NULL, coalesce(day - DATE '1970-01-01', 0),
       asked_by, asked_at, expires_at, commitment, mismatches, state, decided_by, decided_at
FROM overt.membership_query
ORDER BY asked_at DESC, id DESC
LIMIT $1
