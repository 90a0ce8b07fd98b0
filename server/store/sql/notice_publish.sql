-- Records that a notice was published; the document that says where is written before.
-- $1 uuid: deployment  $2 bytea: page digest  $3 bytea: document  $4 uuid: who  $5 timestamptz: when
INSERT INTO overt.notice_publication (
    deployment_id, notice_digest, document_digest, published_by, published_at)
VALUES ($1, $2, $3, $4, $5)
