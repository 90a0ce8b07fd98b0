-- The cameras that an application names.
-- $1 uuid: deployment
-- row: site, camera, zone as big-endian int4 x and y in turn (null: all of the picture)
SELECT site_id, camera,
       (SELECT string_agg(int4send(value), ''::bytea ORDER BY place)
        FROM unnest(zone) WITH ORDINALITY AS point (value, place))
FROM overt.deployment_camera
WHERE deployment_id = $1
ORDER BY site_id, camera COLLATE "C"
