-- A hold's first term, or its renewal, as a proposal.
-- $1 uuid: id  $2 uuid: hold  $3 timestamptz: until when  $4 uuid: proposed by
INSERT INTO overt.evidence_term (id, hold_id, review_at, proposed_by, proposed_at)
VALUES ($1, $2, $3, $4, pg_catalog.now())
