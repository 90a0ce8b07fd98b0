-- Adds a reference image to a proposed entry.
-- $1 uuid: deployment  $2 uuid: id  $3 uuid: entry  $4, $5, $6 bytea: sealed JPEG, thumbnail and
-- template  $7 bytea: model digest  $8 int: eye distance  $9 int: sharpness
-- $10 bytea: content tag (or null)
INSERT INTO watchlist.image (
    deployment_id, id, entry_id, sealed_jpeg, sealed_thumbnail, sealed_template, model_digest,
    eye_distance_px, sharpness_milli, content_tag)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
