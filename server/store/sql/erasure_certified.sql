-- Notes the deletion certificate of a list of which nothing is left.
-- $1 uuid: deployment  $2 bytea: the document's digest
SELECT overt.erasure_certified($1, $2)
