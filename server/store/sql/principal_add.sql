-- Adds a principal with its roles and first identity.
-- $1 uuid: id  $2 text: kind  $3 text: name  $4 bool: active  $5 text[]: roles  $6 text: uri
WITH added AS (
    INSERT INTO overt.principal (id, kind, name, active)
    VALUES ($1, $2, $3, $4)
    RETURNING id
), with_roles AS (
    INSERT INTO overt.principal_role (principal_id, role)
    SELECT added.id, role
    FROM added CROSS JOIN unnest($5::text[]) AS role
)
INSERT INTO overt.principal_identity (uri, principal_id)
SELECT $6, added.id
FROM added
