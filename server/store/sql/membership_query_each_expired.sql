-- Membership queries that nobody answered in time.
-- row: id, request's number, deployment or null, about no day, day, asked by, asked at, expires
--      at, commitment or null, mismatches, state, decided by or null, decided at or null
SELECT id, request_number, deployment_id, day IS NULL, coalesce(day - DATE '1970-01-01', 0),
       asked_by, asked_at, expires_at, commitment, mismatches, state, decided_by, decided_at
FROM overt.membership_query
WHERE state = 'asked' AND expires_at <= now()
ORDER BY asked_at, id
