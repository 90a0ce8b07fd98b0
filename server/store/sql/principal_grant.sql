-- Gives a person roles.
-- $1 uuid: principal  $2 text[]: roles
INSERT INTO overt.principal_role (principal_id, role)
SELECT $1, role
FROM unnest($2::text[]) AS role
