-- A camera of a draft.
-- $1 uuid: deployment  $2 uuid: site  $3 text: camera  $4 int[]: zone, x and y in turn
INSERT INTO overt.deployment_camera (deployment_id, site_id, camera, zone)
VALUES ($1, $2, $3, $4::int[])
