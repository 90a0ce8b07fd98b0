-- The crop and how it compares with the probe, which is then no longer needed.
-- $1 uuid: id  $2 text: crop state  $3 real: crop score  $4 bytea: sealed crop
UPDATE overt.alert
SET crop_state = $2, crop_score = $3, sealed_crop = $4, sealed_probe = NULL
WHERE id = $1
