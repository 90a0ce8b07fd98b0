-- Adds an application with its sites; watchlist_make follows in the same transaction.
-- $1 uuid: id  $2 text: name  $3 text: purpose  $4 text: kind  $5, $6 timestamptz: window
-- $7 real: threshold  $8 int: cool-down  $9 int: smallest face  $10 bytea: model digest
-- $11 uuid: who applied  $12 timestamptz: when  $13 uuid[]: sites
WITH added AS (
    INSERT INTO overt.deployment (
        id, name, purpose, kind, state, starts_at, ends_at, threshold, cool_down_s, min_face_px,
        model_digest, applied_by, applied_at, state_at)
    VALUES ($1, $2, $3, $4, 'applied', $5, $6, $7, $8, $9, $10, $11, $12, $12)
    RETURNING id
)
INSERT INTO overt.deployment_site (deployment_id, site_id)
SELECT added.id, site_id
FROM added CROSS JOIN unnest($13::uuid[]) AS site_id
