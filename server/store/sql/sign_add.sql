-- The signs at a camera have been seen.
-- $1 uuid: deployment  $2 uuid: site  $3 text: camera  $4 uuid: by whom  $5 timestamptz: when
INSERT INTO overt.deployment_sign (deployment_id, site_id, camera, confirmed_by, confirmed_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (deployment_id, site_id, camera) DO NOTHING
