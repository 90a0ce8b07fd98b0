-- Takes a key for a request, in the act's transaction. No row is inserted when another request has it;
-- one that is under way is waited for.
-- $1 uuid: principal  $2 bytea: key digest  $3 text: route  $4 bytea: request digest
INSERT INTO overt.request (principal_id, key_digest, route, digest)
VALUES ($1, $2, $3, $4)
ON CONFLICT (principal_id, key_digest) DO NOTHING
