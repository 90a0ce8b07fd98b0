-- Decisions about one entry of one deployment take turns until the transaction ends.
-- $1 uuid: deployment  $2 uuid: entry
SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text || $2::uuid::text, 0))
