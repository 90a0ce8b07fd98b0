-- The answer, in the act's transaction.
-- $1 uuid: principal  $2 bytea: key digest  $3 int: status  $4 bytea: body or null
UPDATE overt.request
SET status = $3, answer = $4
WHERE principal_id = $1 AND key_digest = $2
