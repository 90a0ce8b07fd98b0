-- Waivers of the ledger, newest first.
-- $1 uuid: after this one, or null: from the newest  $2 bigint: at most so many
-- row: id, deployment, reason, asked by, asked at, expires at, state, decided by or null, decided at
--      or null
SELECT id, deployment_id, reason, asked_by, asked_at, expires_at, state, decided_by, decided_at
FROM overt.ledger_waiver
WHERE $1::uuid IS NULL
   OR (asked_at, id) < (SELECT asked_at, id FROM overt.ledger_waiver WHERE id = $1)
ORDER BY asked_at DESC, id DESC
LIMIT $2
