-- Applied -> authorised, in writing.
-- $1 uuid: id  $2 uuid: who authorises  $3 timestamptz: when  $4 bytea: document of the reasons
UPDATE overt.deployment
SET state = 'authorised', state_at = $3, authority = 'written', authorised_by = $2,
    authorised_at = $3, authorisation_digest = $4
WHERE id = $1
