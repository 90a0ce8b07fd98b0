-- What two people decided about a list's ledger.
-- $1 uuid: deployment  $2 text: reason
-- row: id, deployment, reason, asked by, asked at, expires at, state, decided by, decided at
SELECT id, deployment_id, reason, asked_by, asked_at, expires_at, state, decided_by, decided_at
FROM overt.ledger_waiver
WHERE deployment_id = $1 AND reason = $2 AND state = 'confirmed'
