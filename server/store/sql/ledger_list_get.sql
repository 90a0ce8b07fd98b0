-- What the ledger holds of an erased list.
-- $1 uuid: deployment
-- row: its pseudonyms, the digests of its images: each one after the other, or null
SELECT (SELECT string_agg(pseudonym, ''::bytea) FROM audit.membership WHERE deployment_id = $1),
       (SELECT string_agg(digest, ''::bytea) FROM audit.membership_image WHERE deployment_id = $1)
