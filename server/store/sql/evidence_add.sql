-- A hold, of which nothing is in force yet.
-- $1 uuid: id  $2 uuid: alert  $3 uuid: deployment  $4 text: kind  $5 text: brought by
-- $6 bytea: sealed number
INSERT INTO overt.evidence_hold (id, alert_id, deployment_id, kind, brought_by, sealed_number)
VALUES ($1, $2, $3, $4, $5, $6)
