-- Asks whether somebody was listed.
-- $1 uuid: id  $2 text: request's number  $3 uuid: deployment or null
-- $4 boolean: about no day  $5 integer: else this one (days since 1970-01-01)
-- $6 uuid: asked by  $7 bytea: commitment
INSERT INTO overt.membership_query (id, request_number, deployment_id, day, asked_by, commitment)
VALUES ($1, $2, $3, CASE WHEN $4 THEN NULL ELSE DATE '1970-01-01' + $5::integer END, $6, $7)
