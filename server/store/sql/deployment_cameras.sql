-- The cameras in force: the application's, or those of a later change of the settings.
-- $1 uuid: deployment
-- row: site, camera, zone as big-endian int4 x and y in turn (null: all of the picture)
SELECT site_id, camera,
       (SELECT string_agg(int4send(value), ''::bytea ORDER BY place)
        FROM unnest(zone) WITH ORDINALITY AS point (value, place))
FROM overt.cameras_in_force($1)
ORDER BY site_id, camera COLLATE "C"
