-- Proposes something that widens a principal's rights.
-- $1 uuid: id  $2 text: kind  $3 uuid: principal  $4 text: name or null  $5 text[]: roles
-- $6 text: uri or null  $7 uuid: proposed_by
INSERT INTO overt.people_decision (id, kind, principal_id, name, roles, uri, proposed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
