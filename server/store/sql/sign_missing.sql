-- The cameras in force whose signs nobody has confirmed.
-- $1 uuid: deployment
-- row: site, camera
SELECT named.site_id, named.camera
FROM overt.cameras_in_force($1) AS named
WHERE NOT EXISTS (
    SELECT FROM overt.deployment_sign AS sign
    WHERE sign.deployment_id = $1 AND sign.site_id = named.site_id AND sign.camera = named.camera)
ORDER BY named.site_id, named.camera COLLATE "C"
