-- The images of an entry, without their full size, in the order of their ids.
-- $1 uuid: deployment  $2 uuid: entry
-- row: id, entry, deployment, sealed thumbnail, sealed template, model digest, eye distance,
--      sharpness, state, source, midnight UTC of the day it was taken (or null), old, override code
--      (or null)
SELECT image.id, image.entry_id, image.deployment_id, image.sealed_thumbnail,
       image.sealed_template, image.model_digest, image.eye_distance_px::bigint,
       image.sharpness_milli::bigint, image.state, image.source,
       image.taken_on::timestamp AT TIME ZONE 'UTC', image.old_image, image.override_code
FROM watchlist.image AS image
WHERE image.deployment_id = $1 AND image.entry_id = $2
ORDER BY image.id
