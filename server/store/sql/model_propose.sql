-- Proposes a model for operational use.
-- $1 uuid: id  $2 bytea: model digest  $3 bytea: report digest  $4 real: lowest threshold
-- $5 bytea: document  $6 uuid: who  $7 timestamptz: when
INSERT INTO overt.model_acceptance (
    id, model_digest, report_digest, threshold_floor, document_digest, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
