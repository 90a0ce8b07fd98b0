-- Asks to erase a list without the ledger.
-- $1 uuid: id  $2 uuid: deployment  $3 text: reason  $4 uuid: asked by
INSERT INTO overt.ledger_waiver (id, deployment_id, reason, asked_by)
VALUES ($1, $2, $3, $4)
