-- Notes that the key of a list is destroyed.
-- $1 uuid: deployment  $2 bigint: how many keys were
SELECT overt.erasure_key_destroyed($1, $2::bigint::integer)
