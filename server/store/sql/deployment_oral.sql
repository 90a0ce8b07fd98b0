-- Applied -> authorised, orally.
-- $1 uuid: id  $2 uuid: who authorises  $3 uuid: who records it  $4 timestamptz: when
-- $5 bytea: document of the reasons  $6 timestamptz: when the written one is due
UPDATE overt.deployment
SET state = 'authorised', state_at = $4, authority = 'oral', urgent = true, oral_by = $2,
    recorded_by = $3, oral_at = $4, oral_digest = $5, written_due_at = $6
WHERE id = $1
