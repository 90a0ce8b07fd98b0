-- Writes an audit event in the transaction of the act it records.
-- $1 uuid: id  $2 bytea: body
SELECT audit.write_event($1, $2)
