-- Takes a role away.
-- $1 uuid: principal  $2 text: role
DELETE FROM overt.principal_role
WHERE principal_id = $1 AND role = $2
