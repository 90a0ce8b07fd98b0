-- Writes the ledger of a list that is being erased.
-- $1 uuid: deployment  $2 bytea: pseudonyms, one after the other  $3 bigint: unreadable entries
-- row: subjects written
SELECT audit.write_membership($1, $2, $3::bigint::integer)
