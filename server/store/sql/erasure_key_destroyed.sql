-- Notes that the key of a list is destroyed.
-- $1 uuid: deployment
SELECT overt.erasure_key_destroyed($1)
