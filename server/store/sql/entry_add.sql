-- Proposes an entry.
-- $1 uuid: deployment  $2 uuid: id  $3 text: category  $4 text: response  $5 uuid: who adds
-- $6 timestamptz: when  $7 bytea: sealed name  $8 bytea: sealed reference  $9 int: priority
-- $10 text: legal basis  $11 bytea: sealed justification  $12 bytea: sealed date of birth
-- $13 bool: under 18  $14 bool: unknown date of birth  $15 timestamptz: expiry
-- $16 bytea: digest of the consent
INSERT INTO watchlist.entry (
    deployment_id, id, category, response, added_by, added_at, sealed_name, sealed_reference,
    priority, legal_basis, sealed_justification, sealed_birth_date, under_18, birth_unknown,
    expires_at, consent_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::integer, $10, $11, $12, $13, $14, $15, $16)
