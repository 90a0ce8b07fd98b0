-- Confirms or withdraws a waiver of the ledger.
-- $1 uuid: id  $2 text: state  $3 uuid: by whom
UPDATE overt.ledger_waiver
SET state = $2, decided_by = $3
WHERE id = $1
