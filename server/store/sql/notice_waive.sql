-- Records that prior notice was waived; the document with the reason is written before.
-- $1 uuid: deployment  $2 bytea: document  $3 uuid: who  $4 timestamptz: when
INSERT INTO overt.notice_waiver (deployment_id, document_digest, waived_by, waived_at)
VALUES ($1, $2, $3, $4)
