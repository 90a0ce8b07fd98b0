-- Writes a document that is kept byte for byte.
-- $1 bytea: SHA-256 of the body  $2 text: kind  $3 uuid: deployment (or null)  $4 bytea: body
SELECT audit.write_document($1, $2, $3, $4)
