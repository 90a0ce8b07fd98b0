-- Notes the ledger's key, once and for good.
-- $1 bytea: its fingerprint
INSERT INTO overt.ledger_key (fingerprint) VALUES ($1)
