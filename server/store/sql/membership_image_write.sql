-- Writes the digests of a list's images into the ledger, after its subjects.
-- $1 uuid: deployment  $2 bytea: digests, one after the other  $3 bigint: unreadable images
-- row: digests written
SELECT audit.write_membership_images($1, $2, $3::bigint::integer)
