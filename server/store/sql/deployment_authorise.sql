-- Applied -> authorised.
-- $1 uuid: id  $2 uuid: who authorises  $3 timestamptz: when
UPDATE overt.deployment
SET state = 'authorised', state_at = $3, authorised_by = $2, authorised_at = $3
WHERE id = $1
