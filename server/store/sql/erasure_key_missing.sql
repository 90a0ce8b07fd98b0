-- Notes that a list's key was not there as its erasure began.
-- $1 uuid: deployment
SELECT overt.erasure_key_missing($1)
