-- A waiver of the ledger, locked until the transaction ends.
-- $1 uuid: id
-- row: id, deployment, reason, asked by, asked at, expires at, state, decided by or null, decided at
--      or null
SELECT id, deployment_id, reason, asked_by, asked_at, expires_at, state, decided_by, decided_at
FROM overt.ledger_waiver
WHERE id = $1
FOR UPDATE
