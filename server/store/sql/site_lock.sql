-- Decisions about which deployment is live at a site take turns until the transaction ends.
-- $1 uuid: site
SELECT pg_advisory_xact_lock(hashtextextended('live at ' || $1::uuid::text, 0))
