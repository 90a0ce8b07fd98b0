-- A document.
-- $1 bytea: its digest
-- row: digest, kind, deployment (or null), body, when it was written
SELECT digest, kind, deployment_id, body, written_at
FROM audit.document
WHERE digest = $1
