-- A camera of a change.
-- $1 uuid: change  $2 uuid: site  $3 text: camera  $4 int[]: zone
INSERT INTO overt.settings_camera (change_id, site_id, camera, zone)
VALUES ($1, $2, $3, $4::integer[])
