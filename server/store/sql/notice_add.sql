-- The notice of one revision of an application; its document is written before.
-- $1 uuid: deployment  $2 int: revision  $3 bytea: page digest  $4 bytea: document
INSERT INTO overt.deployment_notice (deployment_id, revision, page_digest, document_digest)
VALUES ($1, $2, $3, $4)
