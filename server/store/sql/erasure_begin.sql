-- Begins to erase the list of an ended deployment.
-- $1 uuid: deployment  $2 uuid: who asked for it before it was due, or null: it is due
SELECT overt.erasure_begin($1, $2)
