-- How many active persons hold a role.
-- $1 text: role
-- row: count
SELECT count(*)
FROM overt.principal AS principal
JOIN overt.principal_role AS role ON role.principal_id = principal.id
WHERE principal.active AND role.role = $1
