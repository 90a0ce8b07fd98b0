-- Proposes an entry.
-- $1 uuid: deployment  $2 uuid: id  $3 text: category  $4 text: response  $5 uuid: who adds
-- $6 timestamptz: when  $7 bytea: sealed name  $8 bytea: sealed reference
INSERT INTO watchlist.entry (
    deployment_id, id, category, response, added_by, added_at, sealed_name, sealed_reference)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
