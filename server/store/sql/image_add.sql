-- Adds a reference image to a proposed entry.
-- $1 uuid: deployment  $2 uuid: id  $3 uuid: entry  $4, $5, $6 bytea: sealed JPEG, thumbnail and
-- template  $7 bytea: model digest  $8 int: eye distance  $9 int: sharpness
-- $10 bytea: content tag (or null)  $11 text: state  $12 text: source  $13 timestamptz: midnight
-- UTC of the day it was taken, or null  $14 bool: old  $15 text: override code, or null
-- $16 bytea: sealed digest for the ledger, or null
INSERT INTO watchlist.image (
    deployment_id, id, entry_id, sealed_jpeg, sealed_thumbnail, sealed_template, model_digest,
    eye_distance_px, sharpness_milli, content_tag, state, source, taken_on, old_image,
    override_code, sealed_ledger_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
        ($13::timestamptz AT TIME ZONE 'UTC')::date, $14, $15, $16)
