-- Suspends or reactivates a principal.
-- $1 uuid: principal  $2 bool: active
UPDATE overt.principal
SET active = $2
WHERE id = $1
