-- What was answered to the request that has this key. Writes, so that its commit also waits for the
-- standbys to have the act itself.
-- $1 uuid: principal  $2 bytea: key digest
-- row: route, request digest, status, answer
UPDATE overt.request
SET asked_at = pg_catalog.now()
WHERE principal_id = $1 AND key_digest = $2
RETURNING route, digest, status, answer
