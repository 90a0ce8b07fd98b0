-- The fingerprint of the ledger's key, if it was made.
-- row: fingerprint
SELECT fingerprint FROM overt.ledger_key
